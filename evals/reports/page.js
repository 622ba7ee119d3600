"use strict";
// The case list. Texts come from customers, feeds and models: they only ever become text nodes.
(() => {
  const PER_PAGE = 20;
  const SHOWN_FACTS = 4;
  const LONG_TEXT = 700;
  const NAMES = { fail: "Failed", error: "Not judged", known_miss: "Known miss", pass: "Passed" };
  const ORDER = Object.keys(NAMES);
  const FACETS = ["suite", "status", "rule", "category", "locale", "flow"];

  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const form = byId("filters");
  const tip = byId("tip");
  let filters = {};
  let page = 0;

  const values = {
    suite: (one) => [data.suites[one.suite]],
    status: (one) => [one.status],
    // A rule's misses are its cases, too.
    rule: (one) => [...new Set([...one.rules, ...one.expected])],
    category: (one) => [one.category],
    locale: (one) => [one.locale],
    flow: (one) => [one.flow],
    case: (one) => [one.id],
  };

  const cases = data.cases
    .map((one, at) => ({ ...one, at, plain: one.text.map(([piece]) => piece).join("") }))
    .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || b.isNew - a.isNew || a.at - b.at);

  function make(tag, options = {}, ...children) {
    const { className, ...attributes } = options;
    const element = document.createElement(tag);
    if (className) element.className = className;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  const linkTo = (wanted) => "#" + new URLSearchParams(wanted);

  function haystack(one) {
    one.haystack ??= [one.id, one.message, one.plain, ...one.rules].join("\n").toLowerCase();
    return one.haystack;
  }

  // A table may name a family of rules: "chars.*".
  const fits = (value, wanted) => value === wanted || (wanted.endsWith("*") && value.startsWith(wanted.slice(0, -1)));

  function matches(one) {
    const words = (filters.q || "").toLowerCase();
    return (!words || haystack(one).includes(words))
      && Object.entries(values).every(([name, of]) => !filters[name] || of(one).some((value) => fits(value, filters[name])));
  }

  // ---- one case

  function marked(one) {
    const pieces = one.text.map(([piece, marks]) => {
      if (!marks.length) return piece;
      const mark = make("mark", { tabindex: "0", "aria-describedby": "tip" }, piece);
      mark.verdicts = marks.map((number) => one.marks[number]);
      return mark;
    });
    // A whole e-mail scrolls in its place, so that the next case stays in sight.
    const isLong = one.plain.length > LONG_TEXT;
    return make("p", { dir: "auto", ...(isLong ? { className: "said long", tabindex: "0" } : { className: "said" }) }, ...pieces);
  }

  function notes(one) {
    const placed = new Set(one.text.flatMap(([, marks]) => marks));
    const loose = one.marks.filter((_, number) => !placed.has(number));
    if (!loose.length) return null;
    const line = ([rule, reason, fact]) =>
      make("li", {}, make("code", {}, rule), ` ${reason}`, fact ? make("span", { className: "muted" }, ` (${fact})`) : null);
    return make("ul", { className: "notes" }, ...loose.map(line));
  }

  function rules(label, some) {
    if (!some.length) return null;
    const item = (rule) => make("li", {}, make("a", { href: linkTo({ rule }) }, make("code", {}, rule)));
    return make("ul", { className: "rules", "aria-label": label }, make("li", {}, label), ...some.map(item));
  }

  const sameFact = (a, b) => a.includes(b) || b.includes(a);

  // What contradicts comes first, also where the check worded it differently from the list.
  function factLines(one) {
    const all = one.facts.map((number) => data.facts[number]);
    const sources = [...new Set(one.marks.map(([, , fact]) => fact).filter(Boolean))];
    const lines = all.map((text) => ({ text, cited: sources.some((source) => sameFact(text, source)) }));
    const unlisted = sources.filter((source) => !all.some((text) => sameFact(text, source)));
    return [...unlisted.map((text) => ({ text, cited: true })), ...lines.sort((a, b) => b.cited - a.cited)];
  }

  function facts(one) {
    const lines = factLines(one);
    if (!lines.length) return null;
    const list = (some) => make("ul", {}, ...some.map((fact) => make("li", fact.cited ? { className: "cited" } : {}, fact.text)));
    const rest = lines.slice(SHOWN_FACTS);
    return make("div", { className: "facts", dir: "auto" },
      make("h4", {}, "Judged by"),
      list(lines.slice(0, SHOWN_FACTS)),
      rest.length ? make("details", {}, make("summary", {}, `${rest.length} more`), list(rest)) : null);
  }

  function card(one) {
    const suite = data.suites[one.suite];
    const where = [suite, one.category, one.locale, one.flow].filter(Boolean).join(" · ");
    const beside = facts(one);
    const header = make("header", {},
      make("span", { className: "chip" }, NAMES[one.status]),
      one.isNew ? make("span", { className: "chip" }, "New") : null,
      make("h3", {}, make("a", { href: linkTo({ suite, case: one.id }) }, one.id)),
      make("span", { className: "where" }, where));
    return make("li", { className: `card case tone-${one.status}` },
      header,
      one.message ? make("p", { className: "message" }, one.message) : null,
      make("div", { className: beside ? "body" : "body alone" },
        make("div", {}, one.plain ? marked(one) : null, notes(one),
          rules("Raised", one.rules),
          rules("Wanted one of", one.expected.filter((rule) => !one.rules.includes(rule)))),
        beside));
  }

  // ---- the list

  function show() {
    const found = cases.filter(matches);
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(page, pages - 1);
    const shown = found.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
    hideTip();
    byId("cases").replaceChildren(...(shown.length ? shown.map(card) : [make("li", { className: "card empty" }, "No case is like that.")]));
    const count = (number) => number.toLocaleString("en");
    const all = data.leftOut ? `${count(cases.length)} cases shown` : `${count(cases.length)} cases`;
    const left = data.leftOut ? `; ${count(data.leftOut)} that passed are left out` : "";
    byId("found").textContent = (found.length === cases.length ? all : `${count(found.length)} of ${all}`) + left;
    byId("page").textContent = `${page + 1} of ${pages}`;
    byId("back").disabled = page === 0;
    byId("next").disabled = page === pages - 1;
    document.querySelector(".pager").hidden = pages === 1;
  }

  function turn(by) {
    page += by;
    show();
    byId("found").focus({ preventScroll: true });
    byId("cases-title").scrollIntoView();
  }

  function fill(name) {
    const select = form.elements[name];
    const found = [...new Set(cases.flatMap(values[name]))].filter(Boolean);
    found.sort(name === "status" ? (a, b) => ORDER.indexOf(a) - ORDER.indexOf(b) : undefined);
    select.append(...found.map((value) => make("option", { value }, name === "status" ? NAMES[value] : value)));
    select.disabled = !found.length;
  }

  // ---- filters live in the address, so that a view can be passed on

  function fromAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    filters = Object.fromEntries([...asked].filter(([name]) => name in values || name === "q"));
    for (const name of [...FACETS, "q"]) form.elements[name].value = filters[name] || "";
    page = 0;
    show();
    return asked.size > 0;
  }

  function fromForm() {
    filters = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", Object.keys(filters).length ? linkTo(filters) : location.pathname + location.search);
    page = 0;
    show();
  }

  function jump() {
    if (!fromAddress()) return;
    byId("found").focus({ preventScroll: true });
    byId("cases-title").scrollIntoView();
  }

  // ---- what a mark means, for the mouse and for the keyboard (WCAG 2.2, 1.4.13: stays while hovered, goes on Escape)

  function showTip(mark) {
    const verdict = ([rule, reason, fact]) =>
      make("div", {}, make("code", {}, rule), make("p", {}, reason), fact ? make("p", {}, `Fact: ${fact}`) : null);
    tip.replaceChildren(...mark.verdicts.map(verdict));
    tip.hidden = false;
    const place = mark.getClientRects()[0];
    const left = Math.max(12, Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 12));
    const above = place.top - tip.offsetHeight - 4;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > 0 ? above : place.bottom + 2) + scrollY}px`;
  }

  function hideTip() {
    tip.hidden = true;
  }

  const markAt = (target) => (target instanceof Element ? target.closest("mark") : null);
  const staysOpen = (target) => target instanceof Element && (tip.contains(target) || markAt(target));

  // ---- tables of groups

  function sort(button) {
    const head = button.closest("th");
    const column = head.cellIndex;
    const turned = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.ariaSort = turned > 0 ? "ascending" : "descending";
    const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
    const compare = (a, b) => (column ? key(a) - key(b) : key(a).localeCompare(key(b)));
    const body = button.closest("table").tBodies[0];
    body.append(...[...body.rows].sort((a, b) => turned * compare(a, b)));
  }

  FACETS.forEach(fill);
  form.addEventListener("input", fromForm);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(fromForm));
  byId("back").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  window.addEventListener("hashchange", jump);
  document.addEventListener("mouseover", (event) => {
    const mark = markAt(event.target);
    if (mark) showTip(mark);
    else if (!staysOpen(event.target) && !markAt(document.activeElement)) hideTip();
  });
  document.addEventListener("focusin", (event) => (markAt(event.target) ? showTip(event.target) : hideTip()));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
  for (const button of document.querySelectorAll(".groups thead button")) button.addEventListener("click", () => sort(button));
  if (location.hash) jump();
  else show();
})();
