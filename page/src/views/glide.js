/** Motion that explains: alpha and the resolution go to a setting step by step, so that a reader sees what they change. */

/** @typedef {import("../context.js").Context} Context */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {{alpha: number, resolution: [number, number]}} Target */

const DURATION = 600;

/**
 * Move alpha and the resolution to a target in about half a second; at once if the reader wants no motion. Whatever else
 * changes alpha, the resolution or the network ends it.
 * @param {Context} context
 * @param {Target} target
 */
export function glide({ engine, store }, target) {
  const from = store.state;
  const isStill = from.alpha === target.alpha && from.resolution.every((side, axis) => side === target.resolution[axis]);
  if (isStill || matchMedia("(prefers-reduced-motion: reduce)").matches) {
    store.update(target);
    return;
  }
  const began = performance.now();
  let last = from;
  requestAnimationFrame(move);

  /** @param {number} now */
  function move(now) {
    const { network, implementation, alpha, resolution } = store.state;
    const isOurs = network === from.network && implementation === from.implementation;
    if (!isOurs || alpha !== last.alpha || resolution.some((side, axis) => side !== last.resolution[axis])) return;
    const part = (now - began) / DURATION;
    if (part >= 1) {
      store.update(target);
      return;
    }
    const between = interpolate(from, target, ease(Math.max(0, part)));
    if (engine.check({ ...store.state, ...between }) === null) {
      store.update(between);
      last = store.state;
    }
    requestAnimationFrame(move);
  }
}

/**
 * A setting between two: alpha in hundredths, and whole sides.
 * @param {Target} from
 * @param {Target} to
 * @param {number} part from 0 to 1
 * @returns {Target}
 */
export function interpolate(from, to, part) {
  const mix = (/** @type {number} */ first, /** @type {number} */ second) => first + (second - first) * part;
  const alpha = part === 0 || from.alpha === to.alpha ? from.alpha : Math.round(100 * mix(from.alpha, to.alpha)) / 100;
  const [height, width] = from.resolution;
  return { alpha, resolution: [Math.round(mix(height, to.resolution[0])), Math.round(mix(width, to.resolution[1]))] };
}

/** @param {number} part */
function ease(part) {
  return part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) ** 2;
}
