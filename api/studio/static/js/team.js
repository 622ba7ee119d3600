// Copies a link, offers to save a role when another is chosen, and closes a menu that is left.
const say = (text) => {
  const made = Object.assign(document.createElement("div"), { className: "notice" });
  made.append(Object.assign(document.createElement("p"), { textContent: text }));
  document.getElementById("notices").append(made);
};

for (const button of document.querySelectorAll("[data-copy]")) {
  button.classList.remove("hidden");
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      say("Copied.");
    } catch {
      // Without TLS a browser has no clipboard for us: what is selected can be copied by hand.
      say("Press Ctrl+C to copy it.");
    }
  });
}
for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());

for (const choice of document.querySelectorAll("[data-saves]")) {
  const button = choice.form.querySelector("button");
  const was = choice.querySelector("[selected]").value;
  const show = () => button.classList.toggle("hidden", choice.value === was);
  choice.addEventListener("change", show);
  show();
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".more[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".more[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});
