/** The work of a table's rows that takes time on a device: sums of products that the file carries. */

import { VECTOR } from "./table.js";

/**
 * @typedef {import("./estimate_types.js").WorkData} WorkData
 * @typedef {import("./table.js").Plan} Plan
 * @typedef {import("./table.js").PlannedRow} PlannedRow
 *
 * @typedef {object} Part  work that is proportional to the positions of the same maps
 * @property {string} size  of SIZES
 * @property {number} input  index of the map that is read; -1 is a single position
 * @property {number} output
 * @property {[number, number, number, number]} reading
 * @property {Float64Array} amounts  of each kind, per position
 */

const SIZES = ["read", "written", "once", "vector"];
const [READ, GROUPED, WRITTEN] = [1, 2, 4];
/** @type {[number, number, number, number]} */
const NO_READING = [1, 0, 0, 0];

/** The work of the networks of a page. */
export class Works {
  /**
   * @param {WorkData[]} works
   * @param {number} kinds  the number of kinds of work
   * @param {number} imageChannels  the most channels that are not rounded up
   */
  constructor(works, kinds, imageChannels) {
    this.works = works;
    this.kinds = kinds;
    this.imageChannels = imageChannels;
    /** @type {WeakMap<Plan, Map<number, Part[]>>} */
    this.known = new WeakMap();
  }

  /**
   * The work of a network of one image, by kind.
   * @param {Plan} plan
   * @param {[number, number][]} sizes  height and width of every map
   * @param {number} lanes  the number of channels that are computed together
   * @returns {Float64Array}
   */
  measure(plan, sizes, lanes) {
    const work = new Float64Array(this.kinds);
    for (const part of this.collect(plan, lanes)) add(work, part.amounts, countPositions(part, sizes));
    return work;
  }

  /**
   * What alpha decides: the work per position.
   * @param {Plan} plan
   * @param {number} lanes
   * @returns {Part[]}
   */
  collect(plan, lanes) {
    let byLanes = this.known.get(plan);
    if (byLanes === undefined) this.known.set(plan, (byLanes = new Map()));
    let collected = byLanes.get(lanes);
    if (collected === undefined) byLanes.set(lanes, (collected = this.sumUp(plan, lanes)));
    return collected;
  }

  /**
   * @param {Plan} plan
   * @param {number} lanes
   * @returns {Part[]}
   */
  sumUp(plan, lanes) {
    /** @type {Map<string, Part>} */
    const parts = new Map();
    for (const row of plan.rows) {
      const { reading } = this.describe(row);
      this.multiply(row, lanes, (size, kind, amount) => {
        const maps = locate(row, size, reading);
        const key = `${size} ${maps.input} ${maps.output} ${maps.reading}`;
        let part = parts.get(key);
        if (part === undefined) parts.set(key, (part = { size, ...maps, amounts: new Float64Array(this.kinds) }));
        part.amounts[kind] = /** @type {number} */ (part.amounts[kind]) + amount;
      });
    }
    return [...parts.values()];
  }

  /**
   * Every product of a row without its positions.
   * @param {PlannedRow} row
   * @param {number} lanes
   * @param {(size: string, kind: number, amount: number) => void} use
   */
  multiply(row, lanes, use) {
    const pad = (/** @type {number} */ channels) =>
      channels <= this.imageChannels ? channels : Math.ceil(channels / lanes) * lanes;
    const { inputChannels, outputChannels, groups } = row;
    const [read, grouped, written] = [inputChannels, inputChannels / (groups ?? 1), outputChannels].map(pad);
    for (const [kind, coefficient, channels, size] of this.describe(row).terms) {
      let amount = coefficient;
      if (channels & READ) amount *= read;
      if (channels & GROUPED) amount *= grouped;
      if (channels & WRITTEN) amount *= written;
      use(/** @type {string} */ (SIZES[size]), kind, amount);
    }
  }

  /**
   * @param {PlannedRow} row
   * @returns {WorkData}
   */
  describe(row) {
    return /** @type {WorkData} */ (this.works[row.row.work]);
  }
}

/**
 * What decides the positions of a product.
 * @param {PlannedRow} row
 * @param {string} size
 * @param {[number, number, number, number]} reading
 * @returns {Omit<Part, "size" | "amounts">}
 */
function locate(row, size, reading) {
  if (size === "once") return { input: VECTOR, output: VECTOR, reading: NO_READING };
  if (size !== "read") return { input: VECTOR, output: row.output, reading: NO_READING };
  return { input: row.input, output: reading[2] + reading[3] > 0 ? row.output : VECTOR, reading };
}

/**
 * By what the work of a part is multiplied.
 * @param {Part} part
 * @param {[number, number][]} sizes
 * @returns {number}
 */
function countPositions({ size, input, output, reading }, sizes) {
  if (size === "once") return 1;
  const written = countAll(sizes, output);
  if (size === "written") return written;
  if (size === "vector") return written === 1 ? 1 : 0;
  const [times, values, rows, columns] = reading;
  const [height, width] = sizeOf(sizes, input);
  const [outputHeight, outputWidth] = sizeOf(sizes, output);
  const readRows = rows > 0 ? Math.min(height, outputHeight * rows) : height;
  const readColumns = columns > 0 ? Math.min(width, outputWidth * columns) : width;
  return times * readRows * readColumns + values;
}

/**
 * @param {[number, number][]} sizes
 * @param {number} map
 * @returns {[number, number]}
 */
function sizeOf(sizes, map) {
  return map === VECTOR ? [1, 1] : /** @type {[number, number]} */ (sizes[map]);
}

/**
 * @param {[number, number][]} sizes
 * @param {number} map
 * @returns {number}
 */
function countAll(sizes, map) {
  const [height, width] = sizeOf(sizes, map);
  return height * width;
}

/**
 * @param {Float64Array} sums
 * @param {Float64Array} amounts
 * @param {number} factor
 */
function add(sums, amounts, factor) {
  for (let index = 0; index < sums.length; index += 1) {
    sums[index] = /** @type {number} */ (sums[index]) + /** @type {number} */ (amounts[index]) * factor;
  }
}
