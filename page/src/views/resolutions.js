/** The resolutions at which the slider stops. */

const LEAST = 32;
const BEYOND = 1.35;

/**
 * The square resolutions whose cost differs from that of the one before, up to somewhat above the published ones.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 */
export function findResolutionSteps(engine, state) {
  const network = engine.find(state.network);
  const most = Math.ceil((Math.max(...network.resolution, ...network.resolutions) * BEYOND) / 32) * 32;
  /** @type {number[]} */
  const steps = [];
  let last = 0;
  for (let size = most; size >= LEAST; size -= 1) {
    const setting = { ...state, resolution: /** @type {[number, number]} */ ([size, size]) };
    if (engine.check(setting) !== null) continue;
    const { mult_adds } = engine.totals(setting);
    if (mult_adds !== last) steps.unshift(size);
    last = mult_adds;
  }
  return steps;
}
