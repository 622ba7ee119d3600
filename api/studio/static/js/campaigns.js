// The editor: what was typed is not lost by leaving, and Ctrl+S saves.
const form = document.querySelector("form[data-guard]");
if (form) {
  const state = form.querySelector("[data-state]");
  let changed = "changed" in form.dataset || location.pathname.endsWith("/-/form");
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
  form.addEventListener("submit", () => { changed = false; keep(); });
  addEventListener("beforeunload", (event) => { if (changed && !form.querySelector("fieldset[disabled]")) event.preventDefault(); });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const save = form.querySelector("[data-save]");
    if (!save) return;
    event.preventDefault();
    form.requestSubmit(save);
  });
  document.getElementById("problems")?.querySelector("a")?.focus();
  if ("again" in form.dataset) offer();
}
// What was sent when nobody was signed in any more is kept in this tab until it is saved, and offered again to its writer.
function keep() {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf");
  sessionStorage.setItem("unsaved", JSON.stringify({ to: form.getAttribute("action"), by: document.body.dataset.account, fields }));
}
function offer() {
  const kept = JSON.parse(sessionStorage.getItem("unsaved") ?? "{}");
  const forget = () => sessionStorage.removeItem("unsaved");
  if ("saved" in form.dataset) { forget(); return; }
  const typed = document.querySelector("main [role=alert]") || location.pathname.endsWith("/-/form");
  if (typed || kept.to !== form.getAttribute("action") || kept.by !== document.body.dataset.account) return;
  const said = Object.assign(document.createElement("div"), { className: "notice warn", id: "unsaved" });
  const button = (text, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: text });
    made.addEventListener("click", () => { said.remove(); act(); });
    return made;
  };
  said.append(
    Object.assign(document.createElement("p"), { textContent: "You have unsaved changes from before." }),
    button("Put them back", () => putBack(kept.fields)),
    button("Forget them", forget),
  );
  form.parentElement.before(said);
}
/** The server lays out what was sent: it may hold more offers than the form has now. */
function putBack(fields) {
  const sent = Object.assign(document.createElement("form"), { method: "post", action: form.dataset.again, hidden: true });
  for (const [name, value] of [["csrf", form.elements.csrf.value], ...fields]) {
    const field = document.createElement("textarea");
    [field.name, field.value] = [name, value];
    sent.append(field);
  }
  document.body.append(sent);
  sent.submit();
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
