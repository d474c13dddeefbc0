/** What the engine estimates: milliseconds on a device and top-1. */

import { Accuracies } from "./accuracy.js";
import { Latencies } from "./latency.js";

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./types.js").Setting} Setting
 * @typedef {import("./estimate_types.js").EstimatesData} EstimatesData
 * @typedef {import("./estimate_types.js").DeviceData} DeviceData
 * @typedef {import("./estimate_types.js").Latency} Latency
 * @typedef {import("./estimate_types.js").Top1} Top1
 * @typedef {import("./estimate_types.js").Checkpoint} Checkpoint
 */

/** The estimates of the networks of a page. */
export class Estimates {
  /**
   * @param {Engine} engine
   * @param {EstimatesData} data
   */
  constructor(engine, data) {
    this.engine = engine;
    this.latencies = new Latencies(data);
    this.accuracies = new Accuracies(data);
  }

  /**
   * The devices of the page.
   * @returns {DeviceData[]}
   */
  get devices() {
    return this.latencies.devices;
  }

  /**
   * The latency of one run on a device, as `mbcost latency` has it.
   * @param {Setting} setting
   * @param {string} device
   * @returns {Latency}
   * @throws {RangeError} There is no network at this setting, or the page does not have the device.
   */
  latency(setting, device) {
    const { engine } = this;
    const network = engine.find(setting.network);
    if (network.fixed !== undefined) {
      engine.count(setting);
      return this.latencies.read(network.name, device);
    }
    const plan = engine.plan(setting);
    const sizes = engine.tables.measureMaps(plan, setting.resolution);
    if (!sizes.every(([height, width]) => height >= 1 && width >= 1)) engine.count(setting); // it says which map is empty
    return this.latencies.estimate(network, setting, device, plan, sizes);
  }

  /**
   * The top-1 accuracy on ImageNet, as `mbcost accuracy` has it.
   * @param {Setting} setting
   * @returns {Top1}
   * @throws {RangeError} There is no network at this setting.
   */
  top1(setting) {
    const network = this.engine.find(setting.network);
    if (network.fixed !== undefined) {
      this.engine.count(setting);
      return this.accuracies.read(network.name);
    }
    this.engine.plan(setting);
    return this.accuracies.estimate(network, setting);
  }

  /**
   * The released checkpoints of a network under an implementation.
   * @param {string} network
   * @param {string} implementation
   * @returns {Checkpoint[]}
   */
  checkpoints(network, implementation) {
    return this.accuracies.list(this.engine.find(network), implementation);
  }
}
