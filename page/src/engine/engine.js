/** What networks cost at any setting: whole numbers, from the products that the file carries. */

import { listAlphas } from "./alphas.js";
import { addRows, collapsePlan, countFixed, countPositions, countTable, makeWeigher } from "./costs.js";
import { Estimates } from "./estimates.js";
import { findStandard, writeFormula } from "./explanation.js";
import { CLASSES, checkFixed, checkTable } from "./limits.js";
import { readReference, spellReference } from "./reference.js";
import { Tables, VECTOR, addUp } from "./table.js";

/**
 * @typedef {import("./types.js").PageData} PageData
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./types.js").Setting} Setting
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./types.js").Totals} Totals
 * @typedef {import("./types.js").Costs} Costs
 * @typedef {import("./types.js").BlockInfo} BlockInfo
 * @typedef {import("./types.js").Memory} Memory
 * @typedef {import("./types.js").LedgerLine} LedgerLine
 * @typedef {import("./types.js").Formula} Formula
 * @typedef {import("./types.js").Convention} Convention
 * @typedef {import("./costs.js").Counted} Counted
 * @typedef {import("./estimate_types.js").Latency} Latency
 * @typedef {import("./estimate_types.js").Top1} Top1
 * @typedef {import("./estimate_types.js").Checkpoint} Checkpoint
 * @typedef {import("./table.js").Plan} Plan
 */

const DEFAULT_CONVENTION = "macs";

export class Engine {
  /** @param {PageData} data */
  constructor(data) {
    this.data = data;
    this.tables = new Tables(data);
    this.networks = data.networks;
    this.lesson = data.lesson;
    this.search = data.search;
    this.conventions = data.conventions;
    this.allocators = data.allocators;
    this.dtypes = data.dtypes;
    this.devices = data.estimates.devices;
    this.estimates = new Estimates(this, data.estimates);
    /** @type {{key: string, counted: Counted} | null} */
    this.last = null;
    /** @type {Map<string, number[]>} */
    this.known = new Map();
  }

  /**
   * The network with a name.
   * @param {string} name
   * @returns {NetworkData}
   * @throws {RangeError} The page does not have it.
   */
  find(name) {
    const network = this.networks.find((known) => known.name === name);
    if (network === undefined) {
      if (name === this.lesson.network) return this.lesson.layer;
      const names = this.networks.map((known) => known.name).join(", ");
      throw new RangeError(`this page does not have the network '${name}': choose one of ${names}`);
    }
    return network;
  }

  /**
   * Read `v2@0.75/160:official`; what it does not state is the network's own.
   * @param {string} text
   * @returns {Setting}
   * @throws {RangeError} It is not a reference to a network of the page.
   */
  parse(text) {
    return readReference(text, this.data.networks);
  }

  /**
   * Spell a setting as `v2@0.75/160:official`.
   * @param {Setting} setting
   * @returns {string}
   */
  spell(setting) {
    return spellReference(setting);
  }

  /**
   * Why there is no network at a setting; null if there is one.
   * @param {Setting} setting
   * @returns {string | null}
   */
  check(setting) {
    try {
      this.count(setting);
      return null;
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      throw error;
    }
  }

  /**
   * The rows of a cost table and their sums, as `mbcost table --format json` has them.
   * @param {Setting} setting
   * @returns {Costs}
   * @throws {RangeError} There is no network at this setting.
   */
  costs(setting) {
    const { rows } = this.count(setting);
    return { ...addRows(rows), rows };
  }

  /**
   * The sums of the rows.
   * @param {Setting} setting
   * @returns {Totals}
   * @throws {RangeError} There is no network at this setting.
   */
  totals(setting) {
    const network = this.find(setting.network);
    if (network.fixed !== undefined) return addRows(this.count(setting).rows);
    checkTable(network, setting, this.data.most_classes);
    const plan = this.plan(setting);
    const sizes = this.tables.measureMaps(plan, setting.resolution);
    if (sizes.some(([height, width]) => height < 1 || width < 1)) return addRows(this.count(setting).rows);
    const positions = countPositions(sizes);
    const totals = { params: 0, mult_adds: 0, activations: 0 };
    for (const [map, params, multAdds, activations] of collapsePlan(plan, this.convention(setting), this.data.counts)) {
      const times = map === VECTOR ? 1 : /** @type {number} */ (positions[map]);
      totals.params += params * times;
      totals.mult_adds += multAdds * times;
      totals.activations += activations * times;
    }
    return totals;
  }

  /**
   * The dense convolution that stands for the layers around the depthwise layer of a block; null without one.
   * @param {Setting} setting
   * @param {string} name  of the block, such as `2.1`
   * @returns {import("./types.js").Standard | null}
   * @throws {RangeError} There is no network at this setting.
   */
  standard(setting, name) {
    return this.find(setting.network).fixed === undefined ? findStandard(this, setting, name) : null;
  }

  /**
   * The raw counts of the whole network, by name.
   * @param {Setting} setting
   * @returns {Record<string, number>}
   * @throws {RangeError} There is no network at this setting.
   */
  tally(setting) {
    const sums = this.data.counts.map(() => 0);
    for (const counts of this.count(setting).counts) for (const [count, value] of counts) sums[count] = (sums[count] ?? 0) + value;
    return Object.fromEntries(this.data.counts.map((name, index) => [name, /** @type {number} */ (sums[index])]));
  }

  /**
   * What each raw count adds to the totals of the convention; counts that are 0 are left out.
   * @param {Setting} setting
   * @returns {LedgerLine[]}
   * @throws {RangeError} There is no network at this setting.
   */
  ledger(setting) {
    const convention = this.convention(setting);
    const [params, multAdds] = [new Map(convention.params), new Map(convention.mult_adds)];
    return Object.entries(this.tally(setting)).flatMap(([count, value], index) =>
      value === 0 ? [] : [{ count, value, params: value * (params.get(index) ?? 0), mult_adds: value * (multAdds.get(index) ?? 0) }],
    );
  }

  /**
   * The convention that a setting names.
   * @param {Setting} setting
   * @returns {Convention}
   * @throws {RangeError} There is none of this name.
   */
  convention(setting) {
    const name = setting.convention ?? DEFAULT_CONVENTION;
    const convention = this.conventions.find((known) => known.name === name);
    if (convention === undefined) throw new RangeError(`'${name}' is not a convention: choose one of ${this.conventions.map((known) => known.name).join(", ")}`);
    return convention;
  }

  /**
   * The elements that are live during each row under an allocation model, and their peak.
   * @param {Setting} setting
   * @param {string} allocator
   * @returns {Memory}
   * @throws {RangeError} There is no network at this setting, or its maps are not known.
   */
  memory(setting, allocator) {
    const index = this.allocators.indexOf(allocator);
    if (index < 0) throw new RangeError(`'${allocator}' is not an allocation model: choose one of ${this.allocators.join(", ")}`);
    const live = this.listLive(setting, index);
    const peak = Math.max(...live);
    return { peak, row: live.indexOf(peak), live };
  }

  /**
   * @param {Setting} setting
   * @param {number} allocator
   * @returns {number[]}
   */
  listLive(setting, allocator) {
    const fixed = this.find(setting.network).fixed;
    if (fixed !== undefined) {
      const live = fixed.live?.[allocator];
      if (live === undefined) throw new RangeError(fixed.why_no_memory);
      return live;
    }
    const plan = this.plan(setting);
    const needs = this.tables.needs(plan, allocator);
    const positions = countPositions(this.tables.measureMaps(plan, setting.resolution));
    return needs.map((maps) => maps.reduce((sum, [map, channels]) => sum + channels * (map === VECTOR ? 1 : /** @type {number} */ (positions[map])), 0));
  }

  /**
   * The bytes of stored weights and what goes with them, as `mbcost memory` has them.
   * @param {Setting} setting
   * @param {string} dtype
   * @returns {number | null}  null if it is not known
   * @throws {RangeError} There is no network at this setting, or no such dtype.
   */
  flash(setting, dtype) {
    const format = this.dtypes.find((known) => known.name === dtype);
    if (format === undefined) throw new RangeError(`'${dtype}' is not a dtype: choose one of ${this.dtypes.map((known) => known.name).join(", ")}`);
    const fixed = this.find(setting.network).fixed;
    if (fixed !== undefined) return fixed.flash;
    const [perWeight, perChannel, perMap, once] = format.flash;
    return this.plan(setting).blocks.reduce((bytes, block) => {
      const stored = /** @type {import("./types.js").KindData} */ (this.data.kinds[block.kind]).stored;
      const [weights, channels, maps] = /** @type {[number, number, number]} */ (stored.map((sum) => addUp(sum, block.widths)));
      return bytes + perWeight * weights + perChannel * channels + perMap * maps;
    }, once);
  }

  /**
   * The milliseconds of one run on a device, as `mbcost latency` has them.
   * @param {Setting} setting
   * @param {string} device
   * @returns {Latency}
   * @throws {RangeError} There is no network at this setting, or the page does not have the device.
   */
  latency(setting, device) {
    this.checkLimits(setting);
    return this.estimates.latency(setting, device);
  }

  /**
   * The top-1 accuracy on ImageNet, as `mbcost accuracy` has it.
   * @param {Setting} setting
   * @returns {Top1}
   * @throws {RangeError} There is no network at this setting.
   */
  top1(setting) {
    this.checkLimits(setting);
    return this.estimates.top1(setting);
  }

  /**
   * The released checkpoints of a network under an implementation.
   * @param {string} network
   * @param {string} implementation
   * @returns {Checkpoint[]}
   */
  checkpoints(network, implementation) {
    return this.estimates.checkpoints(network, implementation);
  }

  /**
   * Check a setting against the limits of its network.
   * @param {Setting} setting
   * @throws {RangeError} It is outside of them.
   */
  checkLimits(setting) {
    const network = this.find(setting.network);
    if (network.fixed !== undefined) checkFixed(network, setting);
    else checkTable(network, setting, this.data.most_classes);
  }

  /**
   * The bytes of an element.
   * @param {string} dtype
   * @returns {number}
   */
  bytes(dtype) {
    return this.dtypes.find((known) => known.name === dtype)?.bytes ?? 1;
  }

  /**
   * The blocks of the network, with the indices of their rows.
   * @param {Setting} setting
   * @returns {BlockInfo[]}
   * @throws {RangeError} There is no network at this setting.
   */
  blocks(setting) {
    const network = this.find(setting.network);
    const { rows } = this.count(setting);
    const spans = network.fixed !== undefined
      ? rows.map((row, index) => ({ name: row.name.split(".").slice(0, 2).join("."), stage: row.stage, first: index, length: 1 }))
      : this.plan(setting).blocks;
    return spans.flatMap(({ name, stage, first, length }) => {
      if (length === 0) return [];
      const indices = Array.from({ length }, (_, index) => first + index);
      const [start, end] = /** @type {[Row, Row]} */ ([rows[first], rows[first + length - 1]]);
      return [{ name, operator: network.operators[stage] ?? start.operator, rows: indices, input: start.input, output: end.output }];
    });
  }

  /**
   * The equation of a row; null if the row has no weights.
   * @param {Setting} setting
   * @param {number} index
   * @returns {Formula | null}
   * @throws {RangeError} There is no network at this setting.
   */
  formula(setting, index) {
    const network = this.find(setting.network);
    const row = this.count(setting).rows[index];
    const equation = network.fixed !== undefined ? network.fixed.rows[index]?.equation : this.plan(setting).rows[index]?.row.equation;
    if (row === undefined || equation === null || equation === undefined) return null;
    const value = this.sumCounts(setting, index, ["conv_macs", "linear_macs"]);
    return writeFormula(row, equation, value, this.sumCounts(setting, index, ["weights"]));
  }

  /**
   * @param {Setting} setting
   * @param {number} index
   * @param {string[]} names
   * @returns {number}
   */
  sumCounts(setting, index, names) {
    const counts = this.count(setting).counts[index] ?? [];
    return counts.reduce((sum, [count, value]) => sum + (names.includes(this.data.counts[count] ?? "") ? value : 0), 0);
  }

  /**
   * A short alpha for each different network, in order.
   * @param {string} name
   * @param {string} implementation
   * @returns {number[]}
   */
  steps(name, implementation) {
    const key = `${name} ${implementation}`;
    const known = this.known.get(key) ?? listAlphas(this.tables, this.find(name), implementation);
    this.known.set(key, known);
    return known;
  }

  /**
   * What is printed about a network at an alpha and a resolution, whatever its implementation is.
   * @param {Setting} setting
   * @returns {{quantity: "params" | "mult_adds", printed: string, source: string, table: string, classes: number | null}[]}
   */
  figures(setting) {
    const matches = this.find(setting.network).figures.filter(
      ({ alpha, resolution }) => alpha === setting.alpha && resolution.every((side, axis) => side === setting.resolution[axis]),
    );
    return matches.map(({ quantity, printed, source, table, classes }) => ({ quantity, printed, table, classes, source: this.data.sources[source]?.title ?? "" }));
  }

  /**
   * The plan of a setting of a table.
   * @param {Setting} setting
   * @returns {Plan}
   * @throws {RangeError} The table gives no network at this alpha.
   */
  plan(setting) {
    const network = this.find(setting.network);
    const plan = this.tables.plan(network, setting.implementation, setting.alpha, setting.classes ?? network.classes ?? CLASSES);
    if (plan === null) throw new RangeError(`${network.name} gives no network at alpha ${setting.alpha}: use a larger alpha`);
    return plan;
  }

  /**
   * The rows of a setting; those of the last one are kept.
   * @param {Setting} setting
   * @returns {Counted}
   * @throws {RangeError} There is no network at this setting.
   */
  count(setting) {
    const convention = this.convention(setting);
    const { network, alpha, resolution, implementation, classes } = setting;
    const key = JSON.stringify([network, alpha, resolution, implementation, classes ?? CLASSES, convention.name]);
    if (this.last?.key !== key) this.last = { key, counted: this.countRows(setting, convention) };
    return this.last.counted;
  }

  /**
   * @param {Setting} setting
   * @param {Convention} convention
   * @returns {Counted}
   */
  countRows(setting, convention) {
    this.checkLimits(setting);
    const network = this.find(setting.network);
    const weigh = makeWeigher(convention, this.data.counts);
    if (network.fixed !== undefined) return countFixed(network.fixed.rows, weigh);
    const plan = this.plan(setting);
    return countTable(network, plan, setting.resolution, this.tables.measureMaps(plan, setting.resolution), weigh);
  }
}

/**
 * The engine of a page.
 * @param {PageData} data
 * @returns {Engine}
 */
export function createEngine(data) {
  return new Engine(data);
}
