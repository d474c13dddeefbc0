/** The picture of the plane: its axes, the heat map, the checkpoints, the cross, and the scale of colours. */

import { keyed, setAttribute, setText } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { sideOf, ticksOf } from "./frame.js";
import { createHeat, planBands, shadeOf, shadowOf } from "./heat.js";
import { runSliced } from "./sampling.js";
import { round } from "./shapes.js";

/**
 * @typedef {import("./frame.js").Plot} Plot
 * @typedef {import("./heat.js").Grid} Grid
 * @typedef {{value: number, isPublished: boolean, hasLabel: boolean, at: number}} Tick
 * @typedef {{to: number, text: string, shade: number, left: number, width: number}} Stop
 */

const LEFT = 52;
const RIGHT = 16;
const TOP = 12;
const AXIS = 44;
const KEY = 44;
const ALPHAS = [1, 0.5, 2, 0.25, 4, 0.1, 0.05, 0.75];
const SIDES = [224, 128, 512, 64, 1024, 32, 320, 96, 160, 384, 768];

export function createPlaneDrawing() {
  const [ground, regions, shadow, lines, grid] = [
    s("rect", { class: "heat heat-0" }), s("g", { class: "heats" }), s("path", { class: "shadow", fill: "url(#plane-shadow)" }), s("g", { class: "iso" }), s("path", { class: "plane-grid" }),
  ];
  const [numbers, points, axisX, axisY, key] = ["iso-numbers", "points", "ticks ticks-x", "ticks ticks-y", "heat-key"].map((name) => s("g", { class: name }));
  if (!numbers || !points || !axisX || !axisY || !key) throw new Error("unreachable");
  const crossLines = s("g", { class: "cross" }, s("path", { class: "cross-halo" }), s("path"));
  const cross = s("g", { class: "cross" }, s("circle", { class: "cross-halo", r: 8 }), s("circle", { r: 8 }), s("circle", { class: "cross-dot", r: 2.2 }));
  const titles = [s("text", { class: "axis-title" }, "width multiplier α"), s("text", { class: "axis-title axis-title-start", x: 0, y: 0 }, "resolution, px")];
  const border = s("rect", { class: "plane-border" });
  const clip = s("clipPath", { id: "plane-clip" }, s("rect"));
  const hatch = s("pattern", { id: "plane-shadow", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("rect", { width: 7, height: 7, class: "shadow-ground" }), s("path", { d: "M0 0V7", class: "shadow-line" }));
  const picture = s("svg", { class: "plot plane", "aria-hidden": "true", focusable: "false" },
    s("defs", null, clip, hatch),
    s("g", { "clip-path": "url(#plane-clip)" }, ground, regions, grid, lines, shadow, crossLines), border, numbers, points, cross, axisX, axisY, key, ...titles);
  const heat = createHeat(regions, lines, numbers);
  const drawAcross = createTicks(axisX, (tick) => `translate(${round(tick.at)} 0)`);
  const drawUp = createTicks(axisY, (tick) => `translate(0 ${round(tick.at)})`);
  const drawPoints = keyed(points, (/** @type {{name: string}} */ point) => point.name, () => s("circle", { r: 3.6 }),
    (node, point) => {
      const { x, y } = /** @type {any} */ (point);
      setAttribute(node, "cx", round(x));
      setAttribute(node, "cy", round(y));
    });
  const drawKey = createKey(key);
  let plot = { left: LEFT, top: TOP, width: 0, height: 0 };
  let released = /** @type {{name: string, x: number, y: number}[]} */ ([]);
  let stop = () => {};
  let drawn = "";
  let shaded = "";

  /** @param {Grid} grid */
  const placeOf = ({ columns, rows }) => (/** @type {[number, number]} */ [x, y]) => /** @type {[number, number]} */ ([
    plot.left + (plot.width * x) / (columns - 1), plot.top + plot.height * (1 - y / (rows - 1)),
  ]);

  return {
    picture,
    /** @param {number} width @returns {Plot} */
    resize(width) {
      const across = width - LEFT - RIGHT;
      const height = Math.round(Math.min(440, Math.max(230, across * 0.6)));
      plot = { left: LEFT, top: TOP, width: across, height };
      const whole = TOP + height + AXIS + KEY;
      setAttribute(picture, "width", width);
      setAttribute(picture, "height", whole);
      setAttribute(picture, "viewBox", `0 0 ${width} ${whole}`);
      for (const node of [ground, border, /** @type {Element} */ (clip.firstElementChild)]) box(node, plot);
      setAttribute(axisX, "transform", `translate(0 ${TOP + height})`);
      setAttribute(axisY, "transform", `translate(${LEFT} 0)`);
      setAttribute(key, "transform", `translate(${LEFT} ${TOP + height + AXIS})`);
      setAttribute(/** @type {Element} */ (titles[0]), "x", LEFT + across);
      setAttribute(/** @type {Element} */ (titles[0]), "y", TOP + height + 34);
      setAttribute(/** @type {Element} */ (titles[1]), "transform", `translate(11 ${TOP + height}) rotate(-90)`);
      return plot;
    },
    /** @param {{info: any, window: any, scales: any, plot: Plot, state: any, checkpoints: any[]}} what */
    update({ info, window, scales, checkpoints }) {
      const ticksX = ticksOf([...info.alphas].sort((a, b) => b - a), ALPHAS, scales.x.to, window.alphas, 27).map((tick) => ({ ...tick, at: scales.x.to(tick.value) }));
      const ticksY = ticksOf(info.resolutions.map((/** @type {any} */ side) => sideOf(side, info.resolution)), SIDES, scales.y.to, window.sides, 16).map((tick) => ({ ...tick, at: scales.y.to(tick.value) }));
      drawAcross(ticksX);
      drawUp(ticksY);
      const published = (/** @type {Tick[]} */ ticks) => ticks.filter(({ isPublished }) => isPublished);
      setAttribute(grid, "d", [
        ...published(ticksX).map(({ at }) => `M${round(at)} ${plot.top}v${plot.height}`),
        ...published(ticksY).map(({ at }) => `M${plot.left} ${round(at)}h${plot.width}`),
      ].join(""));
      const places = new Map(checkpoints.map(({ alpha, resolution }) => {
        const side = sideOf(resolution, info.resolution);
        return [`${alpha}/${side}`, { name: `${alpha}/${side}`, alpha, side, x: scales.x.to(alpha), y: scales.y.to(side) }];
      }));
      released = [...places.values()].filter(({ alpha, side }) =>
        alpha >= window.alphas[0] && alpha <= window.alphas[1] && side >= window.sides[0] && side <= window.sides[1]);
      drawPoints(released);
    },
    /** @param {string} key @param {Grid} values @param {{isBinary: boolean, short: (value: number) => string}} spelling */
    heat(key, values, { isBinary, short }) {
      const identity = `${key} ${values.stride} ${plot.width}`;
      if (identity === drawn) return;
      drawn = identity;
      stop();
      const { levels, makeBand } = planBands(values, placeOf(values), isBinary, released);
      const bands = /** @type {import("./heat.js").Band[]} */ ([]);
      stop = runSliced(levels.map((_, index) => () => void bands.push(makeBand(index))), () => {
        heat.update(bands, short);
        drawKey(levels, plot.width, short);
      });
    },
    /** @param {string} key @param {Grid | null} values */
    shadow(key, values) {
      const identity = values === null ? "" : `${key} ${values.stride} ${plot.width}`;
      if (identity === shaded) return;
      shaded = identity;
      setAttribute(shadow, "d", values === null ? "" : shadowOf(values, placeOf(values)));
    },
    /** @param {number} x @param {number} y */
    cross(x, y) {
      const [vertical, horizontal] = [`M${round(x)} ${plot.top}V${round(y - 8)}M${round(x)} ${round(y + 8)}V${plot.top + plot.height}`, `M${plot.left} ${round(y)}H${round(x - 8)}M${round(x + 8)} ${round(y)}H${plot.left + plot.width}`];
      for (const node of [...crossLines.children, ...cross.children]) {
        if (node instanceof SVGPathElement) setAttribute(node, "d", vertical + horizontal);
        else {
          setAttribute(node, "cx", round(x));
          setAttribute(node, "cy", round(y));
        }
      }
    },
  };
}

/** @param {Element} node @param {Plot} plot */
function box(node, { left, top, width, height }) {
  setAttribute(node, "x", left);
  setAttribute(node, "y", top);
  setAttribute(node, "width", width);
  setAttribute(node, "height", height);
}

/** @param {SVGGElement} group @param {(tick: Tick) => string} transform */
function createTicks(group, transform) {
  const isAcross = group.classList.contains("ticks-x");
  return keyed(
    group,
    (/** @type {Tick} */ tick) => String(tick.value),
    () => s("g", null, s("path", { d: isAcross ? "M0 0V5" : "M0 0H-5" }), s("text", isAcross ? { y: 18 } : { x: -9, dy: "0.35em" })),
    (node, tick) => {
      setAttribute(node, "transform", transform(tick));
      setAttribute(node, "class", tick.isPublished ? "tick is-published" : "tick");
      setText(/** @type {Element} */ (node.lastChild), tick.hasLabel ? String(tick.value) : "");
    },
  );
}

/** The scale of colours with its numbers. @param {SVGGElement} group */
function createKey(group) {
  const draw = keyed(
    group,
    (/** @type {Stop} */ stop) => String(stop.to),
    () => s("g", null, s("rect", { height: 12 }), s("text", { y: 26 })),
    (node, { text, shade, left, width }) => {
      const [rect, label] = /** @type {any} */ (node.children);
      setAttribute(node, "transform", `translate(${round(left)} 0)`);
      setAttribute(rect, "width", round(width));
      setAttribute(rect, "class", `heat heat-${shade}`);
      setAttribute(label, "x", round(width));
      setText(label, text);
    },
  );
  /** @param {number[]} levels @param {number} room @param {(value: number) => string} spell */
  return (levels, room, spell) => {
    const width = Math.min(64, room / (levels.length + 1));
    const every = Math.ceil(44 / width);
    draw([...levels, Infinity].map((to, index) => ({
      to, left: index * width, width, shade: shadeOf(index, levels.length),
      text: index < levels.length && index % every === 0 ? spell(to) : "",
    })));
  };
}
