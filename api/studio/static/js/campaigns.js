// The editor: what was typed is not lost by leaving, and Ctrl+S saves.
const form = document.querySelector("form[data-guard]");
if (form) {
  const state = form.querySelector("[data-state]");
  let changed = "changed" in form.dataset;
  const note = () => {
    changed = true;
    if (state) { state.textContent = "Not saved yet. Ctrl + S saves."; state.classList.add("changed"); }
  };
  if (changed) note();
  form.addEventListener("input", note);
  // An offer came or went: the preview is about another form now.
  form.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "offers") form.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed && !form.querySelector("fieldset[disabled]")) event.preventDefault(); });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const save = form.querySelector("[data-save]");
    if (!save) return;
    event.preventDefault();
    form.requestSubmit(save);
  });
  document.getElementById("problems")?.querySelector("a")?.focus();
}
// From what is wrong to the field it is about, also where that is folded away.
document.addEventListener("click", (event) => {
  const target = event.target.closest("a[href^='#f-']");
  const field = target && document.getElementById(target.getAttribute("href").slice(1));
  if (!field) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});
