/** The rows that sum to the totals, as `mbcost table` prints them. */

import { cellText, footerCells, listColumns } from "../export/columns.js";
import { h, keyed, setText } from "../ui/dom.js";
import { createCopying } from "./copying.js";

/** @typedef {import("../export/columns.js").Column} Column */
/** @typedef {import("../export/columns.js").Costs} Costs */
/** @typedef {import("../export/columns.js").Row} Row */

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createTable(context) {
  const { engine, store } = context;
  const table = h("table", { class: "rows" });
  const copying = createCopying(context);
  let shown = "";
  /** @type {ReturnType<typeof createBody> | null} */
  let body = null;
  table.addEventListener("pointerover", (event) => {
    const line = event.target instanceof Element ? event.target.closest("tr") : null;
    store.hover(line?.dataset["row"] ?? null);
  });
  table.addEventListener("pointerleave", () => store.hover(null));
  /** @type {Element | null | undefined} */
  let marked = null;
  store.onHover((name) => {
    marked?.classList.remove("hovered");
    marked = name === null ? null : [...table.rows].find((line) => line.dataset["row"] === name);
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
      if (body === null || shown !== state.network) {
        shown = state.network;
        body = createBody(table, listColumns(engine.find(state.network)));
      }
      body(engine.costs(state));
      copying.update(state);
    },
  };
}

/**
 * Give a table its head, and return what draws its rows.
 * @param {HTMLTableElement} table
 * @param {readonly Column[]} columns
 * @returns {(costs: Costs) => void}
 */
function createBody(table, columns) {
  const body = h("tbody");
  const total = makeLine(columns, null);
  const head = h("tr", null, ...columns.map((column) => h("th", { scope: "col", class: align(column) }, column.header)));
  const caption = h("caption", { class: "offscreen" }, "Cost of every layer");
  table.replaceChildren(caption, h("thead", null, head), body, h("tfoot", null, total));
  /** @type {Costs} */
  let costs = { params: 0, mult_adds: 0, activations: 0, rows: [] };
  const draw = keyed(
    body,
    (/** @type {Row} */ row) => row.name,
    (row) => makeLine(columns, row.name),
    (line, row) => writeCells(line, columns.map((column) => cellText(column, column.value(row, costs)))),
  );
  return (next) => {
    costs = next;
    draw(costs.rows);
    writeCells(total, footerCells(columns, costs));
  };
}

/**
 * @param {readonly Column[]} columns
 * @param {string | null} name
 */
function makeLine(columns, name) {
  const [first, ...others] = columns.map(align);
  return h(
    "tr",
    name === null ? null : { dataset: { row: name } },
    h("th", { scope: "row", class: first }),
    ...others.map((className) => h("td", { class: className })),
  );
}

/**
 * @param {HTMLTableRowElement} line
 * @param {readonly string[]} texts
 */
function writeCells(line, texts) {
  texts.forEach((text, index) => setText(/** @type {Element} */ (line.children[index]), text));
}

/** @param {Column} column */
function align({ numeric, key }) {
  return numeric || key === "mult_adds_percent" ? "number" : null;
}
