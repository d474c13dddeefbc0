/** A table at one alpha: its rows with their channels and counts per position, for every resolution. */

import { countStarts, unpackIntegers, unpackStarts } from "./packing.js";

/**
 * @typedef {import("./types.js").PageData} PageData
 * @typedef {import("./types.js").Sum} Sum
 * @typedef {import("./types.js").RowData} RowData
 * @typedef {import("./types.js").NetworkData} NetworkData
 *
 * @typedef {object} PlannedRow
 * @property {string} name
 * @property {number} stage
 * @property {RowData} row
 * @property {number} inputChannels
 * @property {number} outputChannels
 * @property {number | null} groups
 * @property {number} input  index of a map; -1 is a single position
 * @property {number} output
 * @property {[number, number, number][]} counts  raw count, map, amount per position
 *
 * @typedef {object} PlannedBlock
 * @property {string} name
 * @property {number} stage
 * @property {number} first  the index of its first row
 * @property {number} length  the number of its rows
 * @property {number} input  map that it reads
 * @property {number[]} widths
 * @property {number} kind
 *
 * @typedef {object} Plan
 * @property {PlannedRow[]} rows
 * @property {PlannedBlock[]} blocks
 * @property {[number, number][]} maps  the map that each map follows from, and the scale; the first is the input
 * @property {(parent: number, scale: number) => number} follow  the index of the map that follows from another
 * @property {Map<string, Collapsed>} collapsed  by convention
 * @property {[number, number][][][]} live  by allocation model and row: map and channels; filled when it is asked for
 *
 * @typedef {[number, number, number, number][]} Collapsed  map, then params, multiply-adds, activations per position
 */

const CLASSES_WIDTH = -1;
const INPUT = 0;
export const VECTOR = -1;

/** The steps and plans of the tables of a page; what is computed is kept. */
export class Tables {
  /** @param {PageData} data */
  constructor(data) {
    this.data = data;
    /** @type {(number[] | undefined)[]} */
    this.starts = [];
    /** @type {(number[] | undefined)[]} */
    this.values = [];
    /** @type {Map<string, Plan | null>} */
    this.plans = new Map();
    this.identities = new Set(
      data.scales.flatMap(([height, width], index) => (height.length + width.length === 0 ? [index] : [])),
    );
  }

  /**
   * The alphas at which a step function changes.
   * @param {number} steps
   * @returns {number[]}
   */
  startsOf(steps) {
    const index = /** @type {[number, number[]]} */ (this.data.steps[steps])[0];
    return (this.starts[index] ??= unpackStarts(/** @type {any} */ (this.data.starts[index])));
  }

  /**
   * The value of a step function.
   * @param {number} steps
   * @param {number} alpha
   * @returns {number}
   */
  valueOf(steps, alpha) {
    const values = (this.values[steps] ??= unpackIntegers(/** @type {any} */ (this.data.steps[steps])[1]));
    return /** @type {number} */ (values[countStarts(this.startsOf(steps), alpha)]);
  }

  /**
   * The rows of a table at an alpha; null if the table gives no network there.
   * @param {NetworkData} network
   * @param {string} implementation
   * @param {number} alpha
   * @param {number} classes
   * @returns {Plan | null}
   */
  plan(network, implementation, alpha, classes) {
    const key = `${alpha} ${classes} ${implementation} ${network.name}`;
    let plan = this.plans.get(key);
    if (plan === undefined) {
      if (this.plans.size > MOST_PLANS) this.plans.clear();
      plan = this.makePlan(network, implementation, alpha, classes);
      this.plans.set(key, plan);
    }
    return plan;
  }

  /**
   * @param {NetworkData} network
   * @param {string} implementation
   * @param {number} alpha
   * @param {number} classes
   * @returns {Plan | null}
   */
  makePlan(network, implementation, alpha, classes) {
    /** @type {[number, number][]} */
    const maps = [[INPUT, -1]];
    const follow = makeMaps(maps, this.identities);
    /** @type {Plan} */
    const plan = { rows: [], blocks: [], maps, follow, collapsed: new Map(), live: [] };
    let input = INPUT;
    for (const described of network.implementations[implementation]?.blocks ?? []) {
      const [stage, repeat, kinds, ...steps] = /** @type {[number, number, number, ...number[]]} */ (described);
      const index = this.valueOf(kinds, alpha);
      const kind = this.data.kinds[index];
      if (kind === undefined) return null;
      const widths = steps.map((step) => {
        const width = this.valueOf(step, alpha);
        return width === CLASSES_WIDTH ? classes : width;
      });
      const block = { name: `${stage}.${repeat}`, stage, first: plan.rows.length, length: kind.rows.length, input, widths, kind: index };
      plan.blocks.push(block);
      for (const [template, uses, scales] of kind.rows) {
        const row = /** @type {RowData} */ (this.data.rows[template]);
        const own = uses.map((use) => /** @type {number} */ (widths[use]));
        const maps = scales.map((scale) => follow(block.input, scale));
        plan.rows.push({
          name: `${block.name}.${row.part}`,
          stage,
          row,
          inputChannels: addUp(row.input, own),
          outputChannels: addUp(row.output, own),
          groups: row.groups === null ? null : addUp(row.groups, own),
          input: /** @type {number} */ (maps[0]),
          output: /** @type {number} */ (maps[1]),
          counts: row.counts.map(([count, map, sum]) => [count, map < 0 ? VECTOR : /** @type {number} */ (maps[map]), addUp(sum, own)]),
        });
      }
      input = follow(input, kind.out);
    }
    return plan;
  }

  /**
   * The maps and channels that are live during each row under an allocation model.
   * @param {Plan} plan
   * @param {number} allocator
   * @returns {[number, number][][]}
   */
  needs(plan, allocator) {
    return (plan.live[allocator] ??= plan.blocks.flatMap((block) => {
      const kind = /** @type {import("./types.js").KindData} */ (this.data.kinds[block.kind]);
      const rows = /** @type {[number, Sum][][]} */ (this.data.live[kind.live]?.[allocator]);
      return rows.map((maps) => maps.map(([scale, channels]) => /** @type {[number, number]} */ ([plan.follow(block.input, scale), addUp(channels, block.widths)])));
    }));
  }

  /**
   * Height and width of every map of a plan.
   * @param {Plan} plan
   * @param {[number, number]} resolution
   * @returns {[number, number][]}
   */
  measureMaps(plan, resolution) {
    /** @type {[number, number][]} */
    const sizes = [];
    plan.maps.forEach(([parent, scale], index) => {
      if (index === INPUT) {
        sizes.push(resolution);
        return;
      }
      sizes.push(this.follow(/** @type {[number, number]} */ (sizes[parent]), scale));
    });
    return sizes;
  }

  /**
   * Height and width of the map that follows from another by a scale.
   * @param {[number, number]} size
   * @param {number} scale
   * @returns {[number, number]}
   */
  follow(size, scale) {
    const chains = /** @type {[number[], number[]]} */ (this.data.scales[scale]);
    return [divide(size[0], chains[0]), divide(size[1], chains[1])];
  }
}

const MOST_PLANS = 512;

/**
 * A function that returns the map that follows from another by a scale; a map that is new is added.
 * @param {[number, number][]} maps
 * @param {Set<number>} identities
 * @returns {(parent: number, scale: number) => number}
 */
function makeMaps(maps, identities) {
  /** @type {Map<string, number>} */
  const known = new Map();
  return (parent, scale) => {
    if (parent === VECTOR || scale === VECTOR) return VECTOR;
    if (identities.has(scale)) return parent;
    const key = `${parent} ${scale}`;
    const index = known.get(key) ?? maps.push([parent, scale]) - 1;
    known.set(key, index);
    return index;
  };
}

/**
 * @param {number} side
 * @param {number[]} chain  pairs a, b
 * @returns {number}
 */
function divide(side, chain) {
  let value = side;
  for (let index = 0; index < chain.length; index += 2) {
    value = Math.floor((value + /** @type {number} */ (chain[index])) / /** @type {number} */ (chain[index + 1]));
  }
  return value;
}

/**
 * The value of a sum of products; every intermediate number is a whole one below 2^53.
 * @param {Sum} sum
 * @param {number[]} widths
 * @returns {number}
 */
export function addUp(sum, widths) {
  let total = 0;
  for (const product of sum) {
    let value = /** @type {number} */ (product[0]);
    for (let index = 2; index < product.length; index += 1) value *= /** @type {number} */ (widths[/** @type {number} */ (product[index])]);
    total += value / /** @type {number} */ (product[1]);
  }
  return total;
}
