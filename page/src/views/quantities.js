/** The quantities that the bars and the plane can show: their values per row and in total, their units and words. */

import { formatBytes, formatCount, formatShort } from "../ui/format.js";

/**
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {{values: number[], before: number[], most: number, total: number, peak: number, isSum: boolean, isBinary: boolean,
 *   title: string, reason: string | null, exact: (value: number) => string, short: (value: number) => string}} Measured
 *   Values per row now, and of the same rows at the outline, and the largest of the outline; the row of the largest now; whether the total is their sum (the peak of memory is
 *   not); why there are no values; and how a value is spelled.
 */

/** The quantities with the words of the list. */
export const QUANTITIES = /** @type {const} */ ([
  ["mult_adds", "multiply-adds"],
  ["params", "parameters"],
  ["activations", "activations"],
  ["memory", "memory in use"],
]);

const UNITS = /** @type {Record<string, string>} */ ({
  mult_adds: "multiply-adds", params: "parameters", activations: "elements", memory: "bytes",
});

/**
 * How a quantity is spelled.
 * @param {string} quantity
 */
export function spellingOf(quantity) {
  const isBinary = quantity === "memory";
  return {
    isBinary,
    /** @param {number} value */
    exact: (value) => `${formatCount(value)} ${UNITS[quantity]}`,
    /** @param {number} value */
    short: (value) => trim(isBinary ? formatBytes(value) : formatShort(value)),
  };
}

/**
 * A number without zeros at its end: 20.00 M is 20 M.
 * @param {string} text
 */
export function trim(text) {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

/**
 * The values of the rows of a state.
 * @param {import("./facts.js").Engine} engine
 * @param {import("./facts.js").State} state
 * @param {Facts} facts
 * @returns {Measured}
 */
export function measure(engine, state, { rows, setting, outline, before }) {
  const { quantity } = state;
  const isSum = quantity !== "memory";
  const key = /** @type {"params"} */ (quantity);
  const { values, reason } = isSum ? { values: rows.map((row) => row[key]), reason: null } : liveBytes(engine, setting, state);
  const reference = isSum ? outline.rows.map((row) => row[key]) : liveBytes(engine, outline.setting, state).values;
  const named = new Map(outline.rows.map(({ name }, index) => [name, reference[index] ?? 0]));
  const title = { mult_adds: "multiply-adds", params: "parameters", activations: "activations (elements)" }[/** @type {"params"} */ (quantity)]
    ?? `memory in use (${state.dtype}, ${state.allocator})`;
  return {
    values,
    before: before.map((row) => named.get(row?.name ?? "") ?? 0),
    most: largestOf(reference),
    total: values.reduce((sum, value) => sum + value, 0),
    peak: values.indexOf(largestOf(values)),
    reason,
    isSum,
    title,
    ...spellingOf(quantity),
  };
}

/** @typedef {{values: number[], reason: string | null}} Live */
/** @type {WeakMap<object, Map<string, Live>>} */
const outlines = new WeakMap();

/**
 * @param {import("./facts.js").Engine} engine
 * @param {import("./facts.js").Setting} setting
 * @param {import("./facts.js").State} state
 * @returns {Live}
 */
function liveBytes(engine, setting, { allocator, dtype }) {
  const key = JSON.stringify([setting, allocator, dtype]);
  const known = outlines.get(engine) ?? new Map();
  outlines.set(engine, known);
  if (!known.has(key)) {
    if (known.size > 32) known.clear();
    known.set(key, listLive(engine, setting, allocator, engine.bytes(dtype)));
  }
  return known.get(key);
}

/**
 * @param {import("./facts.js").Engine} engine
 * @param {import("./facts.js").Setting} setting
 * @param {string} allocator
 * @param {number} bytes
 * @returns {Live}
 */
function listLive(engine, setting, allocator, bytes) {
  try {
    return { values: engine.memory(setting, allocator).live.map((/** @type {number} */ elements) => elements * bytes), reason: null };
  } catch (error) {
    if (error instanceof RangeError) return { values: [], reason: error.message };
    throw error;
  }
}

/** @param {readonly number[]} values */
export function largestOf(values) {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/**
 * The total of a quantity at a setting.
 * @param {import("./facts.js").Engine} engine
 * @param {import("./facts.js").Setting} setting
 * @param {import("./facts.js").State} state
 * @returns {number}
 */
export function totalOf(engine, setting, { quantity, allocator, dtype }) {
  if (quantity === "memory") return engine.memory(setting, allocator).peak * engine.bytes(dtype);
  return engine.totals(setting)[quantity];
}
