/** Why a row costs what it costs: its equation, and the dense convolution that a separable one stands for. */

import { countPositions } from "./costs.js";
import { VECTOR, addUp } from "./table.js";

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./types.js").Formula} Formula
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Setting} Setting
 */

/**
 * The equation of a row with its numbers.
 * @param {Row} row
 * @param {[string, string, string[]]} equation  kind, letters, factors
 * @param {number} value  multiply-adds
 * @param {number} weightCount
 * @returns {Formula}
 */
export function writeFormula(row, equation, value, weightCount) {
  const [kind, letters, factors] = equation;
  const inputs = row.input[2];
  const numbers = {
    kernel: (row.kernel ?? [1, 1]).join("·"),
    inputs: `${inputs}`,
    group: `${inputs / (row.groups ?? 1)}`,
    outputs: `${row.output[2]}`,
  };
  const weights = factors.map((factor) => numbers[/** @type {keyof typeof numbers} */ (factor)]).join(" · ");
  const [height, width] = kind === "transposed" ? row.input : row.output;
  const onMap = kind !== "linear" || height * width > 1;
  return {
    kind,
    letters: onMap ? `${letters} · D_F·D_F` : letters,
    numbers: onMap ? `${weights} · ${height}·${width}` : weights,
    value,
    weight_letters: letters,
    weight_numbers: weights,
    weights: weightCount,
  };
}

/**
 * The dense convolution that stands for the layers around the depthwise layer of a block; null without one.
 * @param {Engine} engine
 * @param {Setting} setting  of a table
 * @param {string} name  of the block, such as `2.1`
 * @returns {import("./types.js").Standard | null}
 * @throws {RangeError} There is no network at this setting.
 */
export function findStandard(engine, setting, name) {
  const plan = engine.plan(setting);
  const block = plan.blocks.find((known) => known.name === name);
  const standard = block && engine.data.kinds[block.kind]?.standard;
  if (!block || !standard) return null;
  const [indices, kernel, scale, sum] = standard;
  const map = plan.follow(block.input, scale);
  const positions = map === VECTOR ? 1 : /** @type {number} */ (countPositions(engine.tables.measureMaps(plan, setting.resolution))[map]);
  const rows = indices.map((index) => block.first + index);
  const shown = rows.map((index) => /** @type {Row} */ (engine.count(setting).rows[index]));
  const weights = addUp(sum, block.widths);
  const addRowsOf = (/** @type {string[]} */ names) => rows.reduce((total, index) => total + engine.sumCounts(setting, index, names), 0);
  return {
    rows,
    kernel,
    inputs: /** @type {Row} */ (shown[0]).input[2],
    outputs: /** @type {Row} */ (shown[shown.length - 1]).output[2],
    mult_adds: weights * positions,
    weights,
    separable_mult_adds: addRowsOf(["conv_macs"]),
    separable_weights: addRowsOf(["weights"]),
  };
}
