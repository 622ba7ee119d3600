// The review queue: frames that are loaded ahead, editing in place, the panel of reasons, and where the focus goes.
const stage = document.getElementById("stage");
const item = () => document.getElementById("item");

/** The frame of an e-mail, loaded ahead or now; one that shows an older revision is loaded again. */
function frameOf(email, revision) {
  const known = [...stage.children].find((one) => one.dataset.email === email);
  if (known && (!revision || !known.dataset.revision || known.dataset.revision === revision)) return known;
  known?.remove();
  const made = document.createElement("iframe");
  made.className = "sheet ahead";
  made.setAttribute("sandbox", "");
  made.dataset.email = email;
  made.src = `${stage.dataset.base}/${email}/frame`;
  stage.append(made);
  return made;
}

function show() {
  const { email, revision, subject, coming } = item().dataset;
  if (!stage) return;
  if (!email) { stage.remove(); return; }
  const shown = frameOf(email, revision);
  shown.dataset.revision = revision;
  shown.title = `The e-mail “${subject}”`;
  const ahead = coming ? frameOf(coming, "") : null;
  for (const one of [...stage.children]) {
    if (one !== shown && one !== ahead) one.remove();
    else {
      one.classList.toggle("ahead", one !== shown);
      one.toggleAttribute("inert", one !== shown);
    }
  }
}

function edit(open) {
  if (!item()) return;
  item().classList.toggle("editing", open);
  if (open) item().querySelector(".mend textarea")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-edit]");
  if (opener) { event.preventDefault(); edit(!item().classList.contains("editing")); }
  const mended = event.target.closest("[data-mended]");
  if (mended) {
    const text = mended.closest(".mend").querySelector("textarea");
    text.value = mended.dataset.mended;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".mend textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  const panel = document.querySelector(".reject-panel[open]");
  if (event.key === "Escape" && panel) { panel.open = false; panel.querySelector("summary").focus(); }
  else if (event.key === "Escape" && !event.target.matches("textarea, input")) edit(false);
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches(".reject-panel[open]")) event.target.querySelector("input[type=checkbox]").focus();
}, true);

// What is marked lies under the text, so it must be of the same text: it goes when somebody types on.
document.addEventListener("input", (event) => {
  if (event.target.matches(".mend textarea")) event.target.closest(".pad").querySelector(".marks").replaceChildren();
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  const swapped = event.detail.target;
  if (swapped.matches(".judged")) {
    const pieces = swapped.querySelector(".pieces");
    swapped.closest(".mend").querySelector(".marks").replaceChildren(...(pieces ? pieces.childNodes : []));
  }
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id !== "item") return;
  show();
  window.scrollTo(0, 0);
  document.getElementById("letter-title").focus({ preventScroll: true });
});

// Who clicks into the e-mail would take the keys away from the page: nothing in it can be typed into.
window.addEventListener("blur", () => setTimeout(() => {
  if (stage?.matches(":hover") && document.activeElement?.tagName === "IFRAME") document.getElementById("letter-title").focus({ preventScroll: true });
}));

if (stage) show();
if (item()?.classList.contains("editing")) edit(true);
