/** The cost table of a state, for the formats. */

import { formatAlpha } from "../ui/format.js";
import { COLUMNS, cellText, footerCells } from "./columns.js";

/**
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @returns {import("./formats.js").Sheet}
 */
export function createSheet(engine, state) {
  /** @type {import("./columns.js").Costs} */
  const costs = engine.costs(state);
  const { title, has_classes: hasClasses } = engine.find(state.network);
  const [height, width] = state.resolution;
  const convention = engine.conventions.find((/** @type {{name: string}} */ { name }) => name === state.convention);
  const values = costs.rows.map((row) => COLUMNS.map((column) => column.value(row, costs)));
  return {
    title:
      `${title}  alpha ${formatAlpha(state.alpha)}  resolution ${height}x${width}  ` +
      `implementation ${state.implementation}${hasClasses ? `  classes ${state.classes}` : ""}`,
    columns: COLUMNS,
    rows: values.map((row) => row.map((value, index) => cellText(/** @type {any} */ (COLUMNS[index]), value))),
    footer: footerCells(costs),
    data: values.map((row) => row.map((value) => (value === null ? "" : String(value)))),
    notes: [`convention ${state.convention}: ${convention?.title ?? ""}`],
  };
}
