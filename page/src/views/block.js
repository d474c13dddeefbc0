/** The opened block: its layers drawn inside, and a table with each formula and its numbers. */

import { h, keyed, setText } from "../ui/dom.js";
import { formatCount, formatRatio } from "../ui/format.js";
import { createInside } from "./inside.js";
import { kindOf } from "./kinds.js";
import { operatorText, sizeText } from "./words.js";

/**
 * @typedef {import("./facts.js").Context} Context
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./facts.js").Block} Block
 * @typedef {import("./facts.js").Row} Row
 * @typedef {import("../engine/types.js").Formula} Formula
 * @typedef {import("../engine/types.js").Standard} Standard
 * @typedef {{row: Row, formula: Formula | null}} Line
 */

const ID = "network-block";

/**
 * Make the panel of the opened block; it is hidden while none is open.
 * @param {Context} context
 * @param {() => void} close
 */
export function createBlockDetail({ engine, store }, close) {
  const title = h("h3", { class: "block-title", id: `${ID}-title` });
  const inside = createInside(ID);
  const body = h("tbody");
  const table = h("table", { class: "formula-table" },
    h("caption", null, "Each layer's multiply-adds, with the numbers in the formula"),
    h("thead", null, h("tr", null, ...["layer", "formula", "mult-adds", "params"].map((text, index) =>
      h("th", { scope: "col", class: index > 1 ? "number" : null }, text)))),
    body);
  const lesson = createComparison();
  const element = h("section", { class: "block-detail", id: ID, "aria-labelledby": `${ID}-title`, hidden: true },
    h("div", { class: "block-head" }, title, h("button", { type: "button", class: "block-close", onclick: close }, "Close")),
    inside.element,
    h("div", { class: "formula-scroll", role: "region", tabindex: 0, "aria-label": "Formulas of the block" }, table),
    lesson.element);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  const draw = keyed(body, (/** @type {Line} */ line) => line.row.name, (line) => makeLine(line, store), updateLine);
  store.onHover((/** @type {string | null} */ name) => {
    for (const row of body.children) row.classList.toggle("is-hovered", /** @type {HTMLElement} */ (row).dataset["row"] === name);
    inside.mark(name);
  });

  return {
    element,
    /** @param {import("./facts.js").State} state @param {Facts} facts */
    update(state, facts) {
      const block = facts.blocks.find(({ name }) => name === state.block);
      element.hidden = block === undefined;
      if (block === undefined) return;
      setText(title, `Block ${block.name}: ${block.operator.replaceAll("_", " ")}, ${sizeText(block.input)} → ${sizeText(block.output)}`);
      const lines = block.rows.flatMap((index) => {
        const row = facts.rows[index];
        return row === undefined ? [] : [{ row, formula: engine.formula(facts.setting, index) }];
      });
      inside.update(block, facts);
      draw(lines);
      lesson.update(engine.standard(facts.setting, block.name), facts.rows);
    },
  };
}

/** @param {Line} line @param {import("./facts.js").Context["store"]} store */
function makeLine({ row }, store) {
  return h("tr", { dataset: { row: row.name }, onpointerenter: () => store.hover(row.name), onpointerleave: () => store.hover(null) },
    h("th", { scope: "row" }, h("span", { class: "line-name" }, row.name), h("span", { class: "line-operator" })),
    h("td", { class: "formula" }), h("td", { class: "number" }), h("td", { class: "number" }));
}

/** @param {HTMLElement} node @param {Line} line */
function updateLine(node, { row, formula }) {
  const [head, text, multAdds, params] = /** @type {any} */ (node.children);
  const operator = operatorText(row);
  setText(head.lastChild, row.name.endsWith(`.${operator}`) ? "" : operator);
  setText(text, formula?.numbers ?? "–");
  setText(multAdds, formatCount(row.mult_adds));
  setText(params, formatCount(row.params));
}

/** The layers around the block's depthwise one beside the standard convolution that they stand for, as two bars. */
function createComparison() {
  const bars = ["separable", "standard"].map((name) => {
    const fill = h("span", { class: `comparison-fill comparison-${name}` });
    const [label, count] = [h("span", { class: "comparison-label" }, name), h("span", { class: "comparison-count" })];
    return { fill, count, element: h("div", { class: "comparison-bar" }, label, h("span", { class: "comparison-track" }, fill), count) };
  });
  const words = h("p", { class: "comparison-words" });
  const element = h("div", { class: "comparison", hidden: true }, words, ...bars.map((bar) => bar.element));
  return {
    element,
    /** @param {Standard | null} standard @param {Row[]} rows */
    update(standard, rows) {
      element.hidden = standard === null;
      if (standard === null) return;
      const costs = [standard.separable_mult_adds, standard.mult_adds];
      const weights = [standard.separable_weights, standard.weights];
      const most = Math.max(...costs, 1);
      setText(words, comparisonText(standard, rows));
      bars.forEach(({ fill, count }, index) => {
        const cost = costs[index] ?? 0;
        fill.style.width = `${(100 * cost) / most}%`;
        setText(count, `${formatCount(cost)} mult-adds, ${formatCount(weights[index] ?? 0)} weights`);
      });
    },
  };
}

/**
 * What is compared, and the ratio; where the depthwise layer is the first one, also the formula of the V1 paper.
 * @param {Standard} standard
 * @param {Row[]} rows
 */
export function comparisonText({ rows: indices, kernel, inputs, outputs, mult_adds, separable_mult_adds }, rows) {
  const own = indices.flatMap((index) => rows[index] ?? []);
  const parts = own.map(({ name }) => name.split(".").slice(2).join(".") || name).join(" + ");
  const [first] = own;
  const law = 1 / outputs + 1 / (kernel[0] * kernel[1]);
  const isLaw = own.length === 2 && first !== undefined && kindOf(first) === "depthwise";
  return `${parts} against one standard ${sizeText(kernel)} convolution, ${formatCount(inputs)} → ${formatCount(outputs)} channels: `
    + `${formatRatio(separable_mult_adds, mult_adds)} of its multiply-adds${isLaw ? `; 1/N + 1/K² is ${law.toPrecision(3)}` : ""}.`;
}
