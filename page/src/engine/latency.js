/** Milliseconds on measured devices, with the interval that their measurements allow. */

import { countStarts } from "./packing.js";
import { Works } from "./work.js";

/**
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./types.js").Setting} Setting
 * @typedef {import("./table.js").Plan} Plan
 * @typedef {import("./estimate_types.js").EstimatesData} EstimatesData
 * @typedef {import("./estimate_types.js").DeviceData} DeviceData
 * @typedef {import("./estimate_types.js").Latency} Latency
 */

/** The latencies of the networks of a page. */
export class Latencies {
  /** @param {EstimatesData} data */
  constructor(data) {
    this.common = data.latency;
    this.devices = data.devices;
    this.fixed = data.fixed;
    this.works = new Works(data.works, data.latency.kinds.length, data.latency.image_channels);
  }

  /**
   * The device with a name.
   * @param {string} name
   * @returns {DeviceData}
   * @throws {RangeError} The page does not have it.
   */
  find(name) {
    const device = this.devices.find((known) => known.name === name);
    if (device !== undefined) return device;
    const names = this.devices.map((known) => known.name).join(", ");
    throw new RangeError(`this page does not have the device '${name}': ${names ? `choose one of ${names}` : "it has none"}`);
  }

  /**
   * The latency of a network that has one size only.
   * @param {string} network
   * @param {string} device
   * @returns {Latency}
   */
  read(network, device) {
    return /** @type {Latency} */ (this.fixed[network]?.latency[this.find(device).name]);
  }

  /**
   * The latency of a table at a setting.
   * @param {NetworkData} network
   * @param {Setting} setting  with the number of classes
   * @param {string} name  of the device
   * @param {Plan} plan
   * @param {[number, number][]} sizes  of the maps of the plan
   * @returns {Latency}
   */
  estimate(network, setting, name, plan, sizes) {
    const device = this.find(name);
    const { milliseconds, leverage } = weigh(device, this.works.measure(plan, sizes, device.lanes));
    const reason = this.explain(device, findFamily(network, setting), milliseconds, leverage);
    const measured = findMeasured(device, network, setting);
    const error = this.chooseError(device, findFamily(network, setting), milliseconds, reason);
    if (reason !== null || device.margin === null) return { milliseconds, low: null, high: null, reason, error, measured };
    const factor = Math.exp(device.margin * Math.sqrt(1 + leverage));
    return { milliseconds, low: milliseconds / factor, high: milliseconds * factor, reason, error, measured };
  }

  /**
   * Why there is no interval; null if there is one.
   * @param {DeviceData} device
   * @param {number | null} family
   * @param {number} milliseconds
   * @param {number} leverage
   * @returns {string | null}
   */
  explain(device, family, milliseconds, leverage) {
    if (device.reason !== null) return device.reason;
    const isInside = isMeasured(device, milliseconds);
    if (family === null || !device.families.includes(family)) {
      return isInside ? device.family : this.common.family_outside.replace("{outside}", () => device.outside);
    }
    if (!isInside) return device.outside;
    return leverage <= this.common.most_leverage ? null : this.common.unlike;
  }

  /**
   * The mean error of such estimates; null if it is unknown.
   * @param {DeviceData} device
   * @param {number | null} family
   * @param {number} milliseconds
   * @param {string | null} reason
   * @returns {number | null}
   */
  chooseError(device, family, milliseconds, reason) {
    if (!isMeasured(device, milliseconds)) return null;
    if (family === null || !device.families.includes(family)) return device.left_out_family;
    return reason === null || device.margin === null ? device.left_out.mean : null;
  }
}

/**
 * The time of work, and how far the work is from that of the measured networks.
 * @param {DeviceData} device
 * @param {Float64Array} work
 * @returns {{milliseconds: number, leverage: number}}
 */
function weigh({ active, rates, inverse }, work) {
  const own = active.map((kind) => /** @type {number} */ (work[kind]));
  const milliseconds = own.reduce((sum, amount, index) => sum + amount * /** @type {number} */ (rates[index]), 0);
  let leverage = 0;
  inverse.forEach((factors, row) => {
    factors.forEach((factor, column) => {
      const product = factor * /** @type {number} */ (own[row]) * /** @type {number} */ (own[column]);
      leverage += row === column ? product : 2 * product;
    });
  });
  return { milliseconds, leverage: milliseconds > 0 ? leverage / milliseconds ** 2 : Infinity };
}

/**
 * @param {DeviceData} device
 * @param {number} milliseconds
 * @returns {boolean}
 */
function isMeasured({ range: [low, high] }, milliseconds) {
  return low <= milliseconds && milliseconds <= high;
}

/**
 * The family of a table at an alpha.
 * @param {NetworkData} network
 * @param {Setting} setting
 * @returns {number | null}
 */
function findFamily(network, { implementation, alpha }) {
  const families = network.implementations[implementation]?.estimates?.families ?? [];
  const index = countStarts(families.map(([start]) => start), alpha) - 1;
  return families[index]?.[1] ?? null;
}

/**
 * The milliseconds that were measured of this very network, if they were.
 * @param {DeviceData} device
 * @param {NetworkData} network
 * @param {Setting} setting
 * @returns {number | null}
 */
function findMeasured(device, network, { alpha, resolution: [height, width], implementation, classes }) {
  const list = device.measured[network.name]?.[implementation] ?? [];
  const usual = network.classes ?? USUAL_CLASSES;
  const own = list.find(
    ([measuredAlpha, , side, otherSide = side, measuredClasses = usual]) =>
      measuredAlpha === alpha && side === height && otherSide === width && measuredClasses === (classes ?? usual),
  );
  return own?.[1] ?? null;
}

const USUAL_CLASSES = 1000;
