/** Raw counts and what a convention makes of them. */

import { VECTOR } from "./table.js";

/**
 * @typedef {import("./types.js").Convention} Convention
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Totals} Totals
 * @typedef {import("./table.js").Plan} Plan
 *
 * @typedef {(counts: [number, number][]) => Totals} Weigh  the costs of raw counts
 *
 * @typedef {object} Counted  the rows of a setting with their raw counts
 * @property {Row[]} rows  with the costs of the convention
 * @property {[number, number][][]} counts  of each row: raw count, value
 */

/**
 * A function that returns the costs of raw counts.
 * @param {Convention} convention
 * @param {string[]} names
 * @returns {Weigh}
 */
export function makeWeigher(convention, names) {
  const params = names.map(() => 0);
  const multAdds = names.map(() => 0);
  for (const [count, factor] of convention.params) params[count] = factor;
  for (const [count, factor] of convention.mult_adds) multAdds[count] = factor;
  const outputs = names.indexOf("outputs");
  return (counts) => {
    const totals = { params: 0, mult_adds: 0, activations: 0 };
    for (const [count, value] of counts) {
      totals.params += value * /** @type {number} */ (params[count]);
      totals.mult_adds += value * /** @type {number} */ (multAdds[count]);
      if (count === outputs) totals.activations += value;
    }
    return totals;
  };
}

/**
 * The sums of rows.
 * @param {Row[]} rows
 * @returns {Totals}
 */
export function addRows(rows) {
  const totals = { params: 0, mult_adds: 0, activations: 0 };
  for (const row of rows) {
    totals.params += row.params;
    totals.mult_adds += row.mult_adds;
    totals.activations += row.activations;
  }
  return totals;
}

/**
 * Height x width of every map.
 * @param {[number, number][]} sizes
 * @returns {number[]}
 */
export function countPositions(sizes) {
  return sizes.map(([height, width]) => height * width);
}

/**
 * The costs of a plan per position of each of its maps.
 * @param {Plan} plan
 * @param {Convention} convention
 * @param {string[]} names  of the raw counts
 * @returns {import("./table.js").Collapsed}
 */
export function collapsePlan(plan, convention, names) {
  const known = plan.collapsed.get(convention.name);
  if (known !== undefined) return known;
  const weigh = makeWeigher(convention, names);
  /** @type {Map<number, [number, number][]>} */
  const counts = new Map();
  for (const row of plan.rows) for (const [count, map, amount] of row.counts) counts.set(map, [...(counts.get(map) ?? []), [count, amount]]);
  const collapsed = [...counts].map(([map, amounts]) => {
    const { params, mult_adds, activations } = weigh(amounts);
    return /** @type {[number, number, number, number]} */ ([map, params, mult_adds, activations]);
  });
  plan.collapsed.set(convention.name, collapsed);
  return collapsed;
}

/**
 * The rows of a table at an alpha and a resolution.
 * @param {NetworkData} network
 * @param {Plan} plan
 * @param {[number, number]} resolution
 * @param {[number, number][]} sizes  of the maps of the plan
 * @param {Weigh} weigh
 * @returns {Counted}
 * @throws {RangeError} A map is empty.
 */
export function countTable(network, plan, resolution, sizes, weigh) {
  /** @type {(map: number) => [number, number]} */
  const sizeOf = (map) => (map === VECTOR ? [1, 1] : /** @type {[number, number]} */ (sizes[map]));
  /** @type {Counted} */
  const counted = { rows: [], counts: [] };
  for (const planned of plan.rows) {
    const { name, stage, row } = planned;
    const output = sizeOf(planned.output);
    if (output[0] < 1 || output[1] < 1) {
      throw new RangeError(`row ${stage} of ${network.name}: the map is empty after ${name} at resolution ${resolution.join("x")}: use a larger resolution`);
    }
    const counts = planned.counts.map(([count, map, amount]) => {
      const [height, width] = sizeOf(map);
      return /** @type {[number, number]} */ ([count, amount * height * width]);
    });
    counted.counts.push(counts);
    counted.rows.push({
      name,
      stage,
      operator: row.operator,
      kernel: row.kernel,
      stride: row.stride,
      groups: planned.groups,
      input: [...sizeOf(planned.input), planned.inputChannels],
      output: [...output, planned.outputChannels],
      ...weigh(counts),
    });
  }
  return counted;
}

/**
 * The rows of a network that has one size.
 * @param {import("./types.js").FixedRow[]} rows
 * @param {Weigh} weigh
 * @returns {Counted}
 */
export function countFixed(rows, weigh) {
  return {
    counts: rows.map((row) => row.counts),
    rows: rows.map(({ counts, equation: _, ...row }) => ({ ...row, ...weigh(counts) })),
  };
}
