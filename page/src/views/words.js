/** The words with which the pictures say what a layer or a block is. */

import { formatCount } from "../ui/format.js";
import { kindOf } from "./kinds.js";

/**
 * @typedef {import("./facts.js").Row} Row
 * @typedef {import("./facts.js").Block} Block
 */

/** @param {readonly number[]} shape */
export const sizeText = (shape) => shape.join("×");

/**
 * What a layer is: pointwise 1×1, depthwise 5×5 with stride 2, pool.
 * @param {Row} row
 */
export function operatorText(row) {
  const kind = kindOf(row);
  const kernel = row.kernel === null || row.operator === "linear" ? "" : ` ${sizeText(row.kernel)}`;
  const isGrouped = row.groups !== null && row.groups > 1 && kind !== "depthwise";
  const word = row.operator === "linear" ? "fully connected" : wordOf(row, kind);
  return `${word}${kernel}${(row.stride ?? 1) > 1 ? `, stride ${row.stride}` : ""}${isGrouped ? `, ${row.groups} groups` : ""}`;
}

/**
 * @param {Row} row
 * @param {string} kind
 */
function wordOf(row, kind) {
  if (row.operator !== "conv") return row.operator.replaceAll("_", " ");
  return kind === "dense" ? "convolution" : kind === "squeeze" ? "pointwise" : kind;
}

/**
 * A layer in three lines: its name and operator, its maps, its exact cost.
 * @param {Row} row
 * @returns {string[]}
 */
export function rowText(row) {
  return [
    `${row.name}: ${operatorText(row)}`,
    `${sizeText(row.input)} → ${sizeText(row.output)}`,
    `${formatCount(row.mult_adds)} mult-adds`,
    `${formatCount(row.params)} params`,
  ];
}

/**
 * A block in one sentence, for its button.
 * @param {Block} block
 * @param {Row[]} rows
 */
export function blockText(block, rows) {
  const multAdds = block.rows.reduce((sum, index) => sum + (rows[index]?.mult_adds ?? 0), 0);
  const count = block.rows.length;
  return `Block ${block.name}, ${block.operator}, ${sizeText(block.input)} to ${sizeText(block.output)}, `
    + `${count === 1 ? "1 layer" : `${count} layers`}, ${formatCount(multAdds)} mult-adds`;
}

/**
 * The row of a block with the most multiply-adds; the first one, if none has any.
 * @param {Row[]} rows
 * @param {Block} block
 * @returns {Row | undefined}
 */
export function costliest(rows, block) {
  const own = block.rows.flatMap((index) => rows[index] ?? []);
  return own.reduce((most, row) => (row.mult_adds > most.mult_adds ? row : most), /** @type {Row} */ (own[0]));
}
