/** Of what a total is made, and what it is under every other convention: 300 M or 314 M. */

import { h, keyed, setAttribute, setText } from "../ui/dom.js";
import { formatCount, formatShare } from "../ui/format.js";
import { PARTS, sumParts } from "./parts.js";

/** @typedef {{total: number, names: string[], title: string, parts: import("./parts.js").PartSum[]}} Sum */

/**
 * The totals of all conventions, equal ones together, from the least to the most.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @returns {Sum[]}
 */
export function listSums(engine, state) {
  /** @type {Map<number, Sum>} */
  const sums = new Map();
  for (const { name, title } of engine.conventions) {
    const parts = sumParts(engine.ledger({ ...state, convention: name }), "mult_adds");
    const total = parts.reduce((sum, { value }) => sum + value, 0);
    const known = sums.get(total);
    if (known) known.names.push(name);
    else sums.set(total, { total, names: [name], title, parts });
  }
  return [...sums.values()].sort((one, other) => one.total - other.total);
}

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createLedger({ engine, store }) {
  const legend = h("ul", { class: "legend" });
  const list = h("ol", { class: "sums" });
  const details = h(
    "details",
    { class: "more" },
    h("summary", null, "What every tool reports for this network"),
    list,
  );
  const bar = h("div", { class: "stack", "aria-hidden": "true" });
  const drawLegend = keyed(
    legend,
    ({ part }) => part,
    ({ part }) => h("li", { class: `part-${part}` }, h("span", { class: "swatch" }), h("span", null), h("b", null), h("span", null)),
    (item, { part, value }) => {
      const [, title, count, share] = item.children;
      setText(/** @type {Element} */ (title), PARTS.find((one) => one.part === part)?.title ?? part);
      setText(/** @type {Element} */ (count), formatCount(value));
      setText(/** @type {Element} */ (share), `${formatShare(Math.abs(value), current.total)}%`);
    },
  );
  const drawBar = stack(bar);
  /** @type {Sum} */
  let current = { total: 0, names: [], title: "", parts: [] };
  let dirty = true;
  const drawSums = keyed(list, ({ names }) => names.join(" "), makeSum, updateSum);

  /** @param {Sum} sum */
  function makeSum(sum) {
    const item = h("li", { class: "sum" });
    const draw = h("div", { class: "stack", "aria-hidden": "true" });
    item.append(
      h("button", { type: "button", class: "sum-pick", onclick: () => void store.update({ convention: String(sum.names[0]) }) }, sum.names.join(", ")),
      h("span", { class: "sum-total" }),
      h("span", { class: "sum-difference" }),
      draw,
    );
    draws.set(item, stack(draw));
    return item;
  }

  /**
   * @param {HTMLLIElement} item
   * @param {Sum} sum
   */
  function updateSum(item, sum) {
    const [button, total, difference] = item.children;
    const isCurrent = sum.names.includes(store.state.convention);
    setAttribute(/** @type {Element} */ (button), "aria-pressed", String(isCurrent));
    setText(/** @type {Element} */ (total), formatCount(sum.total));
    const more = sum.total - current.total;
    setText(/** @type {Element} */ (difference), more === 0 ? "" : `${more > 0 ? "+" : "\u2212"}${formatCount(Math.abs(more))}`);
    draws.get(item)?.(sum.parts, most);
  }
  /** @type {WeakMap<Element, ReturnType<typeof stack>>} */
  const draws = new WeakMap();
  let most = 1;

  function drawDetails() {
    if (!details.open || !dirty) return;
    dirty = false;
    const sums = listSums(engine, store.state);
    most = Math.max(1, ...sums.map(({ total }) => total));
    drawSums(sums);
  }
  details.addEventListener("toggle", drawDetails);
  return {
    element: h("div", { class: "ledger" }, bar, legend, details),
    update(state) {
      const parts = sumParts(engine.ledger(state), "mult_adds");
      current = { total: parts.reduce((sum, { value }) => sum + value, 0), names: [state.convention], title: "", parts };
      drawBar(parts, current.total);
      drawLegend(parts);
      dirty = true;
      drawDetails();
    },
  };
}

/**
 * Draw parts as a stacked bar. Parts below 0 are taken from the first part.
 * @param {HTMLElement} bar
 * @returns {(parts: readonly import("./parts.js").PartSum[], whole: number) => void}
 */
function stack(bar) {
  const draw = keyed(
    bar,
    (/** @type {{part: string, width: number}} */ { part }) => part,
    ({ part }) => h("span", { class: `part-${part}` }),
    (element, { width }) => {
      element.style.width = `${width}%`;
    },
  );
  return (parts, whole) => {
    const below = parts.reduce((sum, { value }) => sum + Math.min(0, value), 0);
    const positive = parts.filter(({ value }) => value > 0);
    draw(
      positive.map(({ part, value }, index) => ({ part, width: (100 * (value + (index === 0 ? below : 0))) / Math.max(1, whole) })),
    );
  };
}
