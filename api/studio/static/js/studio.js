// What every page has: the session's token on htmx requests, the menu, notices that go, and keys.
let token = document.body.dataset.csrf;
let outdated = false;

document.body.addEventListener("htmx:configRequest", (event) => {
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = token;
});
// Who signs in again in another tab has another token: it is asked for after a refusal, and when this page is come back
// to, so that what was typed here can still be sent. Never another account's: it would be sent in their name.
async function renew() {
  const { renewed, account } = document.body.dataset;
  const answer = await fetch(renewed, { redirect: "manual" });
  const now = answer.ok ? await answer.json() : {};
  if (now.account !== account) return;
  [token, outdated] = [now.csrf, false];
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token;
}
// Where the server is not reached, the request itself tells so.
const tryToRenew = () => renew().catch(() => {});
document.body.addEventListener("htmx:confirm", async (event) => {
  if (!outdated || event.detail.verb === "get") return;
  event.preventDefault();
  await tryToRenew();
  event.detail.issueRequest(true);
});
document.addEventListener("visibilitychange", () => { if (token && !document.hidden) tryToRenew(); });
// Answers that tell what is wrong (4xx with a fragment) are shown like others.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  outdated ||= Boolean(token) && (status === 401 || status === 403);
  // Of 5xx only ours: a proxy's page would be swapped in as well.
  const ours = status < 500 || event.detail.xhr.getResponseHeader("HX-Retarget");
  if (status >= 400 && ours && event.detail.serverResponse) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(name, () => notice("That did not reach Penfriend. Check that it runs, and try again.", "bad"));
}

document.querySelector("[data-menu]")?.addEventListener("click", (event) => {
  const open = document.getElementById("menu").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
});

// What is asked for again every few seconds stays as its reader opened or closed it.
const folded = "main details[data-stays]";
let stood = new Map();
document.body.addEventListener("htmx:beforeSwap", () => {
  stood = new Map([...document.querySelectorAll(folded)].map((one) => [one.id, one.open]));
});
document.body.addEventListener("htmx:afterSwap", () => {
  for (const one of document.querySelectorAll(folded)) one.open = stood.get(one.id) ?? one.open;
});

/** Whether it holds something else than the server laid out; each kind of field knows best what that is to it. */
function differs(field) {
  const [form, plain] = [document.createElement("form"), field.cloneNode(true)];
  form.append(plain);
  form.reset();
  return plain.value !== field.value || plain.checked !== field.checked;
}
// What was typed before the scripts were here, or is put back by the browser, is told as if it were typed now.
document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("main :is(input, textarea, select)")) {
    if (differs(field)) for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }
});

const notices = document.getElementById("notices");
/** Show a line for a while at the bottom; `kind` is "", "bad" or "warn". */
export function notice(text, kind = "") {
  const made = document.createElement("div");
  made.className = `notice ${kind}`;
  made.append(Object.assign(document.createElement("p"), { textContent: text }));
  notices.append(made);
}
/** What went well is told for a while; what did not stays until somebody has read it and closes it, each once. */
function tell(one) {
  if (!(one instanceof Element) || !one.matches(".bad")) { setTimeout(() => one.remove(), 6000); return; }
  for (const other of [...notices.children]) if (other !== one && other.dataset.told === one.textContent) other.remove();
  one.dataset.told = one.textContent;
  const close = Object.assign(document.createElement("button"), { type: "button", className: "quiet small", textContent: "×" });
  close.setAttribute("aria-label", "Close this notice");
  close.addEventListener("click", () => { one.remove(); document.getElementById("main").focus({ preventScroll: true }); });
  one.append(close);
}
for (const one of [...notices.children]) tell(one);
new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(tell))).observe(notices, { childList: true });
if (location.search.includes("toast=")) {
  const clean = new URL(location.href);
  clean.searchParams.delete("toast");
  history.replaceState(null, "", clean);
}

// Keys: whatever has data-key="a" is clicked (a link, a button) or focused (a field) by it; data-key-title tells it.
const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
// What Enter and Space do by themselves is theirs.
const pressed = (event) => (event.key === "Enter" || event.key === " ") && event.target.closest("a, button, summary, label, input");
function holders() { return [...document.querySelectorAll("[data-key]")].filter((one) => one.checkVisibility()); }
document.addEventListener("keydown", (event) => {
  // A key that is held down decides once.
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat || pressed(event)) return;
  if (typing(event.target)) { if (event.key === "Escape") event.target.blur(); return; }
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "?") { showKeys(); event.preventDefault(); return; }
  if (!single.checked) return;
  const holder = holders().find((one) => one.dataset.key.split(" ").includes(event.key));
  if (!holder || holder.disabled) return;
  event.preventDefault();
  if (holder.matches("input, textarea, select")) holder.focus(); else holder.click();
});
// Who speaks to their computer, or brushes keys by chance, switches them off (WCAG 2.2, 2.1.4).
const single = document.getElementById("single-keys");
single.checked = localStorage.getItem("single-keys") !== "off";
single.addEventListener("change", () => localStorage.setItem("single-keys", single.checked ? "on" : "off"));
function showKeys() {
  const list = document.getElementById("keys-list");
  list.replaceChildren();
  const told = holders().map((one) => [one.dataset.key, one.dataset.keyTitle || one.getAttribute("aria-label") || one.textContent]);
  for (const [keys, title] of [...told, ["?", "This list"]]) {
    const dt = document.createElement("dt");
    dt.append(...keys.split(" ").map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
    list.append(dt, Object.assign(document.createElement("dd"), { textContent: title.trim() }));
  }
  document.getElementById("keys").showModal();
}
