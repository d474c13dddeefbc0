/** The opened block: its layers drawn inside, and a table with each formula and its numbers. */

import { h, keyed, setAttribute, setText } from "../ui/dom.js";
import { formatCount, formatRatio } from "../ui/format.js";
import { createInside } from "./inside.js";
import { kindOf } from "./kinds.js";
import { operatorText, sizeText } from "./words.js";

/**
 * @typedef {import("./facts.js").Context} Context
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./facts.js").Block} Block
 * @typedef {import("./facts.js").Row} Row
 * @typedef {{numbers: string, value: number, standard?: {mult_adds: number, params: number} | null}} Formula
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
    /** @param {any} state @param {Facts} facts */
    update(state, facts) {
      const block = facts.blocks.find(({ name }) => name === state.block);
      element.hidden = block === undefined;
      if (block === undefined) return;
      setText(title, `Block ${block.name}: ${block.operator.replaceAll("_", " ")}, ${sizeText(block.input)} → ${sizeText(block.output)}`);
      const lines = block.rows.flatMap((index) => {
        const row = facts.rows[index];
        return row === undefined ? [] : [{ row, formula: engine.formula?.(facts.setting, index) ?? null }];
      });
      inside.update(block, facts);
      draw(lines);
      lesson.update(lines);
    },
  };
}

/** @param {Line} line @param {any} store */
function makeLine({ row }, store) {
  return h("tr", { dataset: { row: row.name }, onpointerenter: () => store.hover(row.name), onpointerleave: () => store.hover(null) },
    h("th", { scope: "row" }, h("span", { class: "line-name" }, row.name), h("span", { class: "line-operator" })),
    h("td", { class: "formula" }), h("td", { class: "number" }), h("td", { class: "number" }));
}

/** @param {HTMLElement} node @param {Line} line */
function updateLine(node, { row, formula }) {
  const [head, text, multAdds, params] = /** @type {any} */ (node.children);
  setText(head.lastChild, operatorText(row));
  setText(text, formula?.numbers ?? "–");
  setText(multAdds, formatCount(row.mult_adds));
  setText(params, formatCount(row.params));
}

/** The cost of the block's depthwise separable convolution beside that of a standard one, as two bars. */
function createComparison() {
  const bars = ["separable", "standard"].map((name) => {
    const fill = h("span", { class: `comparison-fill comparison-${name}` });
    const [label, count] = [h("span", { class: "comparison-label" }), h("span", { class: "comparison-count" })];
    return { fill, label, count, element: h("div", { class: "comparison-bar" }, label, h("span", { class: "comparison-track" }, fill), count) };
  });
  const words = h("p", { class: "comparison-words" });
  const element = h("div", { class: "comparison", hidden: true }, words, ...bars.map((bar) => bar.element));
  return {
    element,
    /** @param {Line[]} lines */
    update(lines) {
      const pair = findPair(lines);
      element.hidden = pair === null;
      if (pair === null) return;
      const { depthwise, pointwise, standard } = pair;
      const separable = depthwise.mult_adds + (pointwise?.mult_adds ?? 0);
      const kernel = sizeText(depthwise.kernel ?? []);
      const most = Math.max(separable, standard, 1);
      setText(words, pointwise === null
        ? `A standard ${kernel} convolution in place of the depthwise one:`
        : `Separable (depthwise ${kernel}, then pointwise) against one standard ${kernel} convolution with the same input and output: `
          + `${formatRatio(separable, standard)} of its multiply-adds.`);
      [separable, standard].forEach((count, index) => {
        const bar = /** @type {(typeof bars)[number]} */ (bars[index]);
        bar.fill.style.width = `${(100 * count) / most}%`;
        setText(bar.label, index === 0 ? (pointwise === null ? "depthwise" : "separable") : "standard");
        setText(bar.count, `${formatCount(count)} mult-adds`);
      });
      setAttribute(element, "data-ratio", String(separable / standard));
    },
  };
}

/**
 * The depthwise layer of a block with a standard convolution to compare it with, and the pointwise layer after it.
 * @param {Line[]} lines
 */
function findPair(lines) {
  const index = lines.findIndex(({ row, formula }) => kindOf(row) === "depthwise" && formula?.standard);
  const standard = lines[index]?.formula?.standard?.mult_adds;
  const depthwise = lines[index]?.row;
  if (depthwise === undefined || standard === undefined) return null;
  return { depthwise, standard, pointwise: lines.slice(index + 1).find(({ row }) => kindOf(row) === "pointwise")?.row ?? null };
}
