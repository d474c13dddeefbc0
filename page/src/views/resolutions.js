/** The resolutions at which the slider stops. */

const LEAST = 32;
const BEYOND = 1.35;

/**
 * The square resolutions whose cost differs from that of the one before, up to somewhat above the published ones.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @returns {number[]}
 */
export function findResolutionSteps(engine, state) {
  const network = engine.find(state.network);
  const most = Math.ceil((Math.max(...network.resolution, ...network.resolutions) * BEYOND) / 32) * 32;
  const sizes = Array.from({ length: most - LEAST + 1 }, (_, index) => LEAST + index);
  const costs = sizes.map((size) => findCost(engine, { ...state, resolution: [size, size] }));
  // Of equal ones the largest is kept: it is the even one, at which nothing is padded.
  return sizes.filter((_, index) => costs[index] !== null && costs[index] !== costs[index + 1]);
}

/**
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @returns {number | null} Null if there is no network of this size.
 */
function findCost(engine, state) {
  try {
    return engine.totals(state).mult_adds;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
