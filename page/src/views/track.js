/**
 * The strip along a network that the network and the bars share: an axis at the left, and a region that scrolls if the
 * network is wider than the page. Strips of one network scroll together, so that columns stay below each other.
 */

import { h, setAttribute } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { arrange, chooseAcross } from "./columns.js";

/**
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./columns.js").Layout} Layout
 */

/** The room of the axis at the left, in pixels. */
export const GUTTER = 62;
const END = 8;
const SMALL_PAGE = 700;

/** @type {WeakMap<object, Set<HTMLElement>>} */
const groups = new WeakMap();
/** @type {WeakMap<Facts, Map<number, Layout>>} */
const layouts = new WeakMap();
/** @type {WeakMap<object, Map<string, number>>} */
const scales = new WeakMap();

/**
 * How wide a block is at least, so that a finger or a pointer can hit it; few blocks are wider.
 * @param {number} room
 * @param {number} count
 */
export function leastSlot(room, count) {
  const least = room < SMALL_PAGE || matchMedia("(pointer: coarse)").matches ? 40 : 27;
  return Math.max(least, Math.min(64, Math.floor((0.7 * room) / count)));
}

/**
 * The columns of a network on a page with this room. The scale depends on the outline only.
 * @param {Facts} facts
 * @param {number} room
 * @returns {Layout}
 */
export function layoutOf(facts, room) {
  const known = layouts.get(facts) ?? new Map();
  layouts.set(facts, known);
  if (!known.has(room)) known.set(room, makeLayout(facts, room));
  return known.get(room);
}

/**
 * @param {Facts} facts
 * @param {number} room
 */
function makeLayout({ rows, blocks, outline, before }, room) {
  const { least, across } = scaleOf(outline, room);
  return arrange(rows, before, blocks, across, least);
}

/**
 * The columns of several networks to one scale: the smallest that one of them needs.
 * @param {readonly Facts[]} networks
 * @param {number} room
 * @returns {Layout[]}
 */
export function layoutTogether(networks, room) {
  const scales = networks.map(({ outline }) => scaleOf(outline, room));
  const [least, across] = [Math.min(...scales.map(({ least }) => least)), Math.min(...scales.map(({ across }) => across))];
  return networks.map(({ rows, blocks, before }) => arrange(rows, before, blocks, across, least));
}

/**
 * The least width of a block, and the scale of maps across.
 * @param {Facts["outline"]} outline
 * @param {number} room
 */
function scaleOf(outline, room) {
  const [least, known] = [leastSlot(room, outline.blocks.length), scales.get(outline) ?? new Map()];
  scales.set(outline, known);
  const key = `${room}/${least}`;
  if (!known.has(key)) known.set(key, chooseAcross(outline, room - GUTTER - END, least));
  return { least, across: /** @type {number} */ (known.get(key)) };
}

const JUMP = 0.12;

/**
 * Make a function that says, for each next state, whether the maps glide to it: only jumps need that. The steps of a slider
 * are small, and the maps then follow the hand at once.
 */
export function createGlide() {
  let [network, size] = ["", 0];
  /** @param {import("./facts.js").State} state */
  return (state) => {
    const next = Math.log(state.alpha * Math.sqrt(state.resolution[0] * state.resolution[1]));
    const isJump = network === state.network && Math.abs(next - size) > JUMP;
    [network, size] = [state.network, next];
    return isJump;
  };
}

/**
 * Make a strip.
 * @param {object} group Strips of one group scroll together.
 * @param {{name: string, onResize: () => void}} options
 */
export function createTrack(group, { name, onResize }) {
  const axis = s("g", { class: "track-axis" }, s("rect", { class: "axis-ground", x: 0, y: 0, width: GUTTER - 4 }));
  const body = s("g", { transform: `translate(${GUTTER} 0)` });
  const picture = s("svg", { class: "plot", "aria-hidden": "true", focusable: "false" }, body, axis);
  const overlay = h("div", { class: "track-overlay" });
  const region = h("div", { class: `track track-${name}` }, picture, overlay);
  const strips = groups.get(group) ?? new Set();
  groups.set(group, strips.add(region));
  region.addEventListener("scroll", () => {
    axis.setAttribute("transform", `translate(${region.scrollLeft} 0)`);
    for (const other of strips) if (other.scrollLeft !== region.scrollLeft) other.scrollLeft = region.scrollLeft;
  });
  const glides = createGlide();
  let room = 0;
  new ResizeObserver(() => {
    const width = Math.floor(region.clientWidth);
    if (width === room || width === 0) return;
    room = width;
    onResize();
  }).observe(region);
  return {
    region,
    picture,
    body,
    axis,
    overlay,
    room: () => room || 960,
    /** Let the maps glide if the state is far from that before. @param {import("./facts.js").State} state */
    glide: (state) => setAttribute(picture, "class", glides(state) ? "plot is-gliding" : "plot"),
    /** Give the picture its size. @param {number} width @param {number} height */
    resize(width, height) {
      const whole = Math.max(room, Math.ceil(width + GUTTER + END));
      setAttribute(picture, "width", whole);
      setAttribute(picture, "height", Math.ceil(height));
      setAttribute(picture, "viewBox", `0 0 ${whole} ${Math.ceil(height)}`);
      setAttribute(/** @type {Element} */ (axis.firstElementChild), "height", Math.ceil(height));
    },
    /** The horizontal position of a pointer in the body. @param {MouseEvent} event */
    pointerX: (event) => event.clientX - region.getBoundingClientRect().left + region.scrollLeft - GUTTER,
  };
}
