/** Of what a total is made, and what it is under other conventions: 300 M or 314 M. */

import { h, keyed, setAttribute, setText } from "../ui/dom.js";
import { formatCount, formatShare } from "../ui/format.js";
import { PARTS, sumParts } from "./parts.js";

/** @typedef {import("./parts.js").PartSum} PartSum */
/** @typedef {{total: number, names: string[], parts: PartSum[]}} Sum */

/** The conventions that are always in sight: the definition, and the tools that most people use. */
const PROMINENT = ["macs", "fvcore", "thop", "ptflops", "torch"];

/**
 * The total of a convention with its parts.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @param {string} convention
 * @returns {Sum}
 */
function sumUp(engine, state, convention) {
  const parts = sumParts(engine.ledger({ ...state, convention }), "mult_adds");
  return { total: parts.reduce((sum, { value }) => sum + value, 0), names: [convention], parts };
}

/**
 * The totals of all conventions, equal ones together, from the least to the most.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @returns {Sum[]}
 */
export function listSums(engine, state) {
  /** @type {Map<number, Sum>} */
  const sums = new Map();
  for (const { name } of engine.conventions) {
    const sum = sumUp(engine, state, name);
    const known = sums.get(sum.total);
    if (known === undefined) sums.set(sum.total, sum);
    else known.names.push(name);
  }
  return [...sums.values()].sort((one, other) => one.total - other.total);
}

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createLedger({ engine, store }) {
  const bar = createStack();
  const legend = createLegend();
  const prominent = createSums(store, "sums sums-short");
  const all = createSums(store, "sums");
  const details = h("details", { class: "more" }, h("summary", null, "What every tool reports for this network"), all.element);
  const names = PROMINENT.filter((name) => engine.conventions.some((convention) => convention.name === name));
  let isDrawn = false;

  function drawDetails() {
    if (!details.open || isDrawn) return;
    isDrawn = true;
    all.update(listSums(engine, store.state), sumUp(engine, store.state, store.state.convention));
  }
  details.addEventListener("toggle", drawDetails);
  return {
    element: h("div", { class: "ledger" }, bar.element, legend.element, prominent.element, details),
    update(state) {
      const current = sumUp(engine, state, state.convention);
      bar.update(current.parts, current.total);
      legend.update(current);
      prominent.update(names.map((name) => sumUp(engine, state, name)), current);
      isDrawn = false;
      drawDetails();
    },
  };
}

/** The parts of the total that is shown, with their numbers. */
function createLegend() {
  let whole = 0;
  const element = h("ul", { class: "parts", "aria-label": "Parts of the multiply-adds" });
  const draw = keyed(
    element,
    (/** @type {PartSum} */ { part }) => part,
    ({ part }) => h("li", { class: `part-${part}` }, h("span", { class: "swatch" }), h("span"), h("b"), h("span")),
    (item, { part, value }) => {
      const [, title, count, share] = /** @type {[Element, Element, Element, Element]} */ ([...item.children]);
      setText(title, PARTS.find((known) => known.part === part)?.title ?? part);
      setText(count, signed(value, ""));
      setText(share, value < 0 ? "" : `${formatShare(value, whole)}%`);
    },
  );
  return {
    element,
    /** @param {Sum} sum */
    update({ parts, total }) {
      whole = total;
      draw(parts);
    },
  };
}

/**
 * A list of totals, with what each has more or less than the one that is shown. A click shows its convention.
 * @param {import("../state/store.js").Store} store
 * @param {string} className
 */
function createSums(store, className) {
  const element = h("ul", { class: className, "aria-label": "Totals by convention" });
  /** @type {Sum} */
  let current = { total: 0, names: [], parts: [] };
  let most = 1;
  /** @type {WeakMap<Element, ReturnType<typeof createStack>>} */
  const stacks = new WeakMap();
  const draw = keyed(
    element,
    (/** @type {Sum} */ { names }) => names.join(" "),
    ({ names }) => {
      const stack = createStack();
      const pick = () => void store.update({ convention: String(names[0]) });
      const button = h("button", { type: "button", class: "sum-pick", onclick: pick }, names.join(", "));
      const item = h("li", { class: "sum" }, button, h("span", { class: "sum-total" }), h("span", { class: "sum-difference" }), stack.element);
      stacks.set(item, stack);
      return item;
    },
    (item, { names, total, parts }) => {
      const [button, count, difference] = /** @type {[Element, Element, Element]} */ ([...item.children]);
      setAttribute(button, "aria-pressed", String(names.includes(store.state.convention)));
      setText(count, formatCount(total));
      setText(difference, total === current.total ? "" : signed(total - current.total, "+"));
      stacks.get(item)?.update(parts, most);
    },
  );
  return {
    element,
    /**
     * @param {readonly Sum[]} sums
     * @param {Sum} shown
     */
    update(sums, shown) {
      current = shown;
      most = Math.max(1, ...sums.map(({ total }) => total));
      draw(sums);
    },
  };
}

/**
 * A count with a minus sign that is as wide as a plus.
 * @param {number} value
 * @param {string} plus What stands before a count above 0.
 */
function signed(value, plus) {
  return value < 0 ? `\u2212${formatCount(-value)}` : `${plus}${formatCount(value)}`;
}

/** Parts as a stacked bar. Parts below 0 are taken from the first part. */
function createStack() {
  const element = h("div", { class: "stack", "aria-hidden": "true" });
  const draw = keyed(
    element,
    (/** @type {{part: string, width: number}} */ { part }) => part,
    ({ part }) => h("span", { class: `part-${part}` }),
    (span, { width }) => {
      span.style.width = `${width}%`;
    },
  );
  return {
    element,
    /**
     * @param {readonly PartSum[]} parts
     * @param {number} whole What the whole width stands for.
     */
    update(parts, whole) {
      const below = parts.reduce((sum, { value }) => sum + Math.min(0, value), 0);
      const above = parts.filter(({ value }) => value > 0);
      const lengths = above.map(({ value }, index) => Math.max(0, value + (index === 0 ? below : 0)));
      draw(above.map(({ part }, index) => ({ part, width: (100 * Number(lengths[index])) / Math.max(1, whole) })));
    },
  };
}
