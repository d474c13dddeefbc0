/** The frame of the plane: which alphas and resolutions it shows, where they are, and what a position means. */

import { logScale, nearest } from "./scales.js";

/**
 * @typedef {{alphas: [number, number], sides: [number, number]}} Window
 * @typedef {{left: number, top: number, width: number, height: number}} Plot
 */

const ROOM = 1.5;
const SIDES = /** @type {const} */ ([32, 1024]);
/** Resolutions in the plane are multiples of this, unless they are published. */
export const SIDE_STEP = 8;
const SNAP = 7;

/**
 * The part of the plane around the published settings, or all of it.
 * @param {{alphas: readonly number[], resolutions: readonly any[], resolution: readonly number[],
 *   alpha_range: readonly number[], most_resolution: number}} info
 * @param {boolean} isWhole
 * @returns {Window}
 */
export function windowOf(info, isWhole) {
  const [least, most] = [info.alpha_range[0] ?? 0.05, info.alpha_range[1] ?? 4];
  const sides = [...info.resolutions.map((side) => sideOf(side, info.resolution)), info.resolution[0] ?? 1];
  const all = /** @type {Window} */ ({
    alphas: [least, most], sides: [Math.min(SIDES[0], ...sides), Math.min(info.most_resolution, Math.max(SIDES[1], ...sides))],
  });
  if (isWhole) return all;
  const alphas = [...info.alphas, 1].filter((alpha) => alpha >= least && alpha <= most);
  const low = Math.min(...alphas);
  const high = Math.max(...alphas);
  return {
    alphas: [Math.max(least, Math.min(low / ROOM, 0.25)), Math.min(most, Math.max(high * ROOM, 1.5))],
    sides: [Math.max(all.sides[0], Math.min(...sides, 128) / ROOM), Math.min(all.sides[1], Math.max(...sides, 224) * ROOM)],
  };
}

/**
 * The position of a resolution on the axis: its height if it is as oblong as the network's own, else the height of the
 * resolution that is, and has as many pixels. A number is a height.
 * @param {any} resolution
 * @param {readonly number[]} [own]
 * @returns {number}
 */
export function sideOf(resolution, [height, width] = [1, 1]) {
  return Array.isArray(resolution) ? Math.sqrt((resolution[0] * resolution[1] * height) / width) : Number(resolution);
}

/**
 * The resolution with a side: square, or as oblong as the network's own.
 * @param {readonly number[]} own
 * @param {number} side
 * @returns {[number, number]}
 */
export function resolutionOf([height = 1, width = 1], side) {
  return [side, height === width ? side : Math.max(1, Math.round((side * width) / height))];
}

/**
 * @param {Window} window
 * @param {number} alpha
 * @param {number} side
 */
export function isInside({ alphas, sides }, alpha, side) {
  return alpha >= alphas[0] && alpha <= alphas[1] && side >= sides[0] && side <= sides[1];
}

/**
 * The scales of a window on a plot: alpha to the right, resolution upwards, both logarithmic, so that lines of equal
 * alpha x resolution are straight.
 * @param {Window} window
 * @param {Plot} plot
 */
export function scalesOf({ alphas, sides }, { left, top, width, height }) {
  return { x: logScale(alphas, [left, left + width]), y: logScale(sides, [top + height, top]) };
}

/**
 * The setting that a position of the plane means: the nearest published value, if one is near, else the nearest step.
 * @param {ReturnType<typeof scalesOf>} scales
 * @param {{x: number, y: number}} position
 * @param {{alphas: readonly number[], sides: readonly number[], steps: readonly number[], window: Window}} values
 */
export function settingAt({ x, y }, position, { alphas, sides, steps, window }) {
  const alpha = snap(x.from(position.x), alphas, x.to) ?? nearest(steps, x.from(position.x)) ?? x.from(position.x);
  const free = Math.round(y.from(position.y) / SIDE_STEP) * SIDE_STEP;
  const side = snap(y.from(position.y), sides, y.to) ?? free;
  return {
    alpha: Math.min(window.alphas[1], Math.max(window.alphas[0], alpha)),
    side: Math.round(Math.min(window.sides[1], Math.max(window.sides[0], side))),
  };
}

/**
 * @param {number} value
 * @param {readonly number[]} published
 * @param {(value: number) => number} toPixel
 */
function snap(value, published, toPixel) {
  const candidate = nearest([...published].sort((a, b) => a - b), value);
  return candidate !== undefined && Math.abs(toPixel(candidate) - toPixel(value)) <= SNAP ? candidate : undefined;
}

/**
 * Ticks of an axis: the published values first, then round ones where there is room.
 * @param {readonly number[]} published
 * @param {readonly number[]} usual
 * @param {(value: number) => number} toPixel
 * @param {readonly [number, number]} domain
 * @param {number} room The least distance between two labels.
 * @returns {{value: number, isPublished: boolean, hasLabel: boolean}[]}
 */
export function ticksOf(published, usual, toPixel, domain, room) {
  const labelled = /** @type {number[]} */ ([]);
  /** @param {number} value */
  const isFree = (value) => labelled.every((other) => Math.abs(toPixel(other) - toPixel(value)) >= room);
  const inside = (/** @type {number} */ value) => value >= domain[0] && value <= domain[1];
  const ticks = published.filter(inside).map((value) => {
    const hasLabel = isFree(value);
    if (hasLabel) labelled.push(value);
    return { value, isPublished: true, hasLabel };
  });
  for (const value of usual.filter(inside)) {
    if (published.includes(value) || !isFree(value)) continue;
    labelled.push(value);
    ticks.push({ value, isPublished: false, hasLabel: true });
  }
  return ticks;
}
