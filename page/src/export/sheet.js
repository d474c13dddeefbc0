/** The cost table of a state, for the formats. */

import { formatAlpha } from "../ui/format.js";
import { cellText, footerCells, listColumns } from "./columns.js";

/**
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @returns {import("./formats.js").Sheet}
 */
export function createSheet(engine, state) {
  const costs = engine.costs(state);
  const columns = listColumns(engine.find(state.network));
  const { name, title } = engine.convention(state);
  const values = costs.rows.map((row) => columns.map((column) => column.value(row, costs)));
  return {
    title: headline(engine, state),
    columns,
    rows: values.map((row) =>
      columns.map((column, index) => cellText(column, /** @type {string | number | null} */ (row[index]))),
    ),
    footer: footerCells(columns, costs),
    data: values.map((row) => row.map((value) => (value === null ? "" : String(value)))),
    notes: [`convention ${name}: ${title}`],
  };
}

/**
 * The line above a table, which identifies the network.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 */
export function headline(engine, state) {
  const { title, fixed, classes, has_classes: isFree } = engine.find(state.network);
  const size = `resolution ${state.resolution.join("x")}`;
  if (fixed !== undefined) return `${title}  ${size}`;
  const outputs = isFree ? state.classes : classes;
  return (
    `${title}  alpha ${formatAlpha(state.alpha)}  ${size}  implementation ${state.implementation}` +
    (outputs === null ? "" : `  classes ${outputs}`)
  );
}
