// A sentence and what it rests on light up together, whichever of the two is pointed at or focused.
const numbersOf = (one) => (one.dataset.grounds ?? one.dataset.ground).split(" ");
const about = (target) => target instanceof Element && target.closest("[data-grounds], [data-ground]");

function light(target) {
  const numbers = about(target) ? new Set(numbersOf(about(target))) : new Set();
  for (const one of document.querySelectorAll("[data-grounds], [data-ground]")) {
    one.classList.toggle("lit", numbersOf(one).some((number) => numbers.has(number)));
  }
}
// Where the pointer is over nothing of the kind, what has the focus stays lit: a page that scrolls moves under it, too.
document.addEventListener("mouseover", (event) => light(about(event.target) ? event.target : document.activeElement));
document.addEventListener("focusin", (event) => light(event.target));

// Who clicks into the e-mail would take the keys away from the page: nothing in it can be typed into.
window.addEventListener("blur", () => setTimeout(() => {
  if (document.querySelector("#mail:hover") && document.activeElement?.tagName === "IFRAME") document.activeElement.blur();
}));
