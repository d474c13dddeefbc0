/** Top-1 on ImageNet: what was published of released checkpoints, and what is estimated between them. */

/**
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./types.js").Setting} Setting
 * @typedef {import("./estimate_types.js").EstimatesData} EstimatesData
 * @typedef {import("./estimate_types.js").SurfaceData} SurfaceData
 * @typedef {import("./estimate_types.js").FitData} FitData
 * @typedef {import("./estimate_types.js").Top1} Top1
 * @typedef {import("./estimate_types.js").Checkpoint} Checkpoint
 */

/** The accuracies of the networks of a page. */
export class Accuracies {
  /** @param {EstimatesData} data */
  constructor(data) {
    this.common = data.accuracy;
    this.surfaces = data.surfaces;
    this.fixed = data.fixed;
  }

  /**
   * The accuracy of a network that has one size only.
   * @param {string} network
   * @returns {Top1}
   */
  read(network) {
    return /** @type {Top1} */ (this.fixed[network]?.top1);
  }

  /**
   * The released checkpoints of a table under an implementation.
   * @param {NetworkData} network
   * @param {string} implementation
   * @returns {Checkpoint[]}
   */
  list(network, implementation) {
    const estimates = network.implementations[implementation]?.estimates;
    const surface = this.surfaces[estimates?.surface ?? -1];
    if (surface === undefined || estimates?.why_no_accuracy) return [];
    const { checkpoints, recipe } = surface;
    return checkpoints.map(([alpha, resolution, top1]) => ({ alpha, resolution, top1, recipe }));
  }

  /**
   * The accuracy of a table at a setting.
   * @param {NetworkData} network
   * @param {Setting} setting  with the number of classes
   * @returns {Top1}
   */
  estimate(network, { implementation, alpha, resolution: [height, width], classes }) {
    const estimates = network.implementations[implementation]?.estimates;
    const surface = this.surfaces[estimates?.surface ?? -1];
    if (surface === undefined) return refuse(null, estimates?.why_no_accuracy ?? "");
    if (classes !== undefined && !surface.classes.includes(classes)) {
      return refuse(null, this.common.other_classes.replace("{classes}", () => `${classes}`));
    }
    if (estimates?.why_no_accuracy) return refuse(null, estimates.why_no_accuracy);
    if (height !== width) return refuse(null, this.common.not_square);
    const { recipe, fit } = surface;
    const released = findReleased(surface, alpha, height);
    if (released !== null) return { top1: released, low: released, high: released, exact: true, recipe, reason: "" };
    if (fit === null) return refuse(recipe, surface.why_no_estimate);
    if (!this.contains(surface, alpha, height)) {
      const areBothInside = isBetween(surface.alphas, alpha) && isBetween(surface.sides, height);
      return refuse(recipe, areBothInside ? surface.corner : surface.outside);
    }
    return { ...this.predict(fit, alpha, height), exact: false, recipe, reason: surface.why_no_interval };
  }

  /**
   * Whether a setting is between the released ones.
   * @param {SurfaceData} surface
   * @param {number} alpha
   * @param {number} side
   * @returns {boolean}
   */
  contains({ hull }, alpha, side) {
    const { tolerance } = this.common;
    const [x, y] = [Math.log(alpha), Math.log(side)];
    const isInBox = [x, y].every((value, axis) => {
      const bounds = hull.map((corner) => /** @type {number} */ (corner[axis]));
      return value >= Math.min(...bounds) - tolerance && value <= Math.max(...bounds) + tolerance;
    });
    return isInBox && hull.every(([x1, y1], index) => {
      const [x2, y2] = /** @type {[number, number]} */ (hull[(index + 1) % hull.length]);
      return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= -tolerance;
    });
  }

  /**
   * The value of a surface and the ends of its interval, in percent.
   * @param {FitData} fit
   * @param {number} alpha
   * @param {number} side
   * @returns {{top1: number, low: number | null, high: number | null}}
   */
  predict({ terms, weights, leverage, quantile }, alpha, side) {
    const rho = side / this.common.printed;
    const features = terms.map(([alphaPower, rhoPower]) => alpha ** -alphaPower * rho ** -rhoPower);
    const top1 = Math.min(Math.exp(multiply(weights, features)), this.common.highest);
    if (quantile === null) return { top1, low: null, high: null };
    const squares = leverage.reduce((sum, row) => sum + multiply(row, features) ** 2, 0);
    const half = quantile * Math.sqrt(1 + squares);
    const odds = top1 / (100 - top1);
    const [low, high] = [-half, half].map((step) => (100 * odds * Math.exp(step)) / (1 + odds * Math.exp(step)));
    return { top1, low: /** @type {number} */ (low), high: /** @type {number} */ (high) };
  }
}

/**
 * @param {string | null} recipe
 * @param {string} reason
 * @returns {Top1}
 */
function refuse(recipe, reason) {
  return { top1: null, low: null, high: null, exact: false, recipe, reason };
}

/**
 * The published accuracy of a checkpoint whose network has the same layers and the same resolution; null without one.
 * @param {SurfaceData} surface
 * @param {number} alpha
 * @param {number} side
 * @returns {number | null}
 */
function findReleased({ checkpoints, equal }, alpha, side) {
  const distance = (/** @type {number} */ other) => Math.abs(Math.log2(other / alpha));
  /** @type {[number, number, number] | null} */
  let nearest = null;
  for (const checkpoint of checkpoints) {
    if (checkpoint[1] !== side) continue;
    if (nearest === null || distance(checkpoint[0]) < distance(nearest[0])) nearest = checkpoint;
  }
  const range = equal.find(([released]) => released === nearest?.[0]);
  if (nearest === null || range === undefined) return null;
  return isBetween([range[1], range[2]], alpha) ? nearest[2] : null;
}

/**
 * @param {[number, number]} range
 * @param {number} value
 * @returns {boolean}
 */
function isBetween([least, most], value) {
  return least <= value && value <= most;
}

/**
 * The sum of the products of two vectors; the shorter one decides.
 * @param {number[]} weights
 * @param {number[]} features
 * @returns {number}
 */
function multiply(weights, features) {
  return weights.reduce((sum, weight, index) => sum + weight * /** @type {number} */ (features[index]), 0);
}
