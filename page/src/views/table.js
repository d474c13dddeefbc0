/** The rows that sum to the totals, as `mbcost table` prints them. */

import { COLUMNS, cellText, footerCells } from "../export/columns.js";
import { h, keyed, setText } from "../ui/dom.js";
import { createCopying } from "./copying.js";

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createTable(context) {
  const { engine, store } = context;
  const caption = h("caption", { class: "offscreen" }, "Cost of every layer");
  const body = h("tbody");
  const total = h("tr", null, ...COLUMNS.map((column) => h(column.key === "layer" ? "th" : "td", cellProperties(column))));
  total.firstElementChild?.setAttribute("scope", "row");
  const head = h("tr", null, ...COLUMNS.map((column) => h("th", { scope: "col", ...cellProperties(column) }, column.header)));
  const table = h("table", { class: "rows" }, caption, h("thead", null, head), body, h("tfoot", null, total));
  const copying = createCopying(context);
  /** @type {import("../export/columns.js").Costs | null} */
  let costs = null;
  const draw = keyed(
    body,
    (/** @type {import("../export/columns.js").Row} */ row) => row.name,
    (row) =>
      h(
        "tr",
        { dataset: { row: row.name } },
        ...COLUMNS.map((column) =>
          column.key === "layer" ? h("th", { scope: "row", ...cellProperties(column) }) : h("td", cellProperties(column)),
        ),
      ),
    (line, row) => {
      COLUMNS.forEach((column, index) => {
        const value = column.value(row, /** @type {import("../export/columns.js").Costs} */ (costs));
        setText(/** @type {Element} */ (line.children[index]), cellText(column, value));
      });
    },
  );
  body.addEventListener("pointerover", (event) => {
    const line = event.target instanceof Element ? event.target.closest("tr") : null;
    store.hover(line?.dataset["row"] ?? null);
  });
  body.addEventListener("pointerleave", () => store.hover(null));
  /** @type {Element | null} */
  let marked = null;
  store.onHover((name) => {
    marked?.classList.remove("hovered");
    marked = name === null ? null : ([...body.children].find((line) => /** @type {HTMLElement} */ (line).dataset["row"] === name) ?? null);
    marked?.classList.add("hovered");
  });
  return {
    element: h(
      "div",
      { class: "layers" },
      copying.element,
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Cost of every layer" }, table),
    ),
    update(state) {
      costs = engine.costs(state);
      draw(costs.rows);
      footerCells(costs).forEach((text, index) => setText(/** @type {Element} */ (total.children[index]), text));
      copying.update(state);
    },
  };
}

/** @param {import("../export/columns.js").Column} column */
function cellProperties(column) {
  return { class: column.numeric || column.key === "mult_adds_percent" ? "number" : null };
}
