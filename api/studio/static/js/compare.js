// Pairs: each one comes in place of the last, from its top, with the keys still the page's.
const title = () => document.getElementById("pair-title");

document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id !== "pair") return;
  window.scrollTo(0, 0);
  title().focus({ preventScroll: true });
});

// Who clicks into an e-mail would take the keys away from the page: nothing in it can be typed into. Who comes by Tab
// goes on by Tab.
window.addEventListener("blur", () => setTimeout(() => {
  if (document.querySelector(".letter-frame:hover") && document.activeElement?.tagName === "IFRAME") title().focus({ preventScroll: true });
}));
