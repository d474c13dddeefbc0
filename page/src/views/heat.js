/** The heat map: regions of a cost by colour, the lines between them, and the part that a budget leaves. */

import { keyed, setAttribute, setText } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { openLines, pathOf, traceRings } from "./contour.js";
import { isoBytes, isoLevels } from "./scales.js";
import { round } from "./shapes.js";
import { stations } from "./sampling.js";

/**
 * @typedef {{values: Float64Array, columns: number, rows: number, stride: number}} Grid
 * @typedef {{level: number, region: string, line: string, label: {x: number, y: number} | null, shade: number}} Band
 */

/** How many shades the style sheet has. */
export const SHADES = 12;

/**
 * The values of the nodes that are known, as a smaller grid with the positions of its nodes.
 * @param {Grid} grid
 */
export function coarsen({ values, columns, rows, stride }) {
  const [xs, ys] = [stations(columns, stride), stations(rows, stride)];
  return { xs, ys, values: Float64Array.from(ys.flatMap((y) => xs.map((x) => values[y * columns + x] ?? NaN))) };
}

/**
 * The bands of a grid: what is above each level. They are made one by one, since each takes some time.
 * @param {Grid} grid
 * @param {(point: [number, number]) => [number, number]} toPixel From positions in the whole grid.
 * @param {boolean} isBinary
 * @param {readonly {x: number, y: number}[]} points Where no number is put.
 * @returns {{levels: number[], makeBand: (index: number) => Band}}
 */
export function planBands(grid, toPixel, isBinary, points = []) {
  const { xs, ys, values } = coarsen(grid);
  const known = values.filter((value) => value > 0);
  const [low, high] = [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), 0)];
  const levels = (isBinary ? isoBytes : isoLevels)(low, high);
  const logs = values.map((value) => (value > 0 ? Math.log(value) : -Infinity));
  const place = (/** @type {[number, number]} */ [x, y]) => toPixel([between(xs, x), between(ys, y)]);
  return {
    levels,
    makeBand(index) {
      const level = levels[index] ?? 1;
      const rings = traceRings(logs, xs.length, ys.length, Math.log(level));
      const lines = openLines(rings, xs.length, ys.length);
      return {
        level,
        region: pathOf(rings, place, true),
        line: pathOf(lines, place, false),
        label: labelPoint(lines.map((line) => line.map(place)), toPixel, grid, points),
        shade: shadeOf(index + 1, levels.length),
      };
    },
  };
}

/** @param {number} index @param {number} count @returns {number} */
export function shadeOf(index, count) {
  return count === 0 ? 0 : Math.round((index / count) * (SHADES - 1));
}

/** @param {number[]} positions @param {number} at */
function between(positions, at) {
  const index = Math.min(positions.length - 1, Math.floor(at));
  const [before, after] = [positions[index] ?? 0, positions[index + 1] ?? positions[index] ?? 0];
  return before + (at - index) * (after - before);
}

/**
 * Where a line has its number: near where it crosses the diagonal of the plot, since lines of cost go across it.
 * @param {[number, number][][]} lines
 * @param {(point: [number, number]) => [number, number]} toPixel
 * @param {Grid} grid
 * @param {readonly {x: number, y: number}[]} points
 */
function labelPoint(lines, toPixel, { columns, rows }, points) {
  const [[left, bottom], [right, top]] = [toPixel([0, 0]), toPixel([columns - 1, rows - 1])];
  /** @type {{x: number, y: number} | null} */
  let best = null;
  let least = 0.12;
  const isFree = (/** @type {number} */ x, /** @type {number} */ y) =>
    x > left + 20 && x < right - 24 && y > top + 8 && y < bottom - 8 && points.every((point) => Math.abs(point.x - x) > 24 || Math.abs(point.y - y) > 11);
  for (const [x, y] of lines.flat()) {
    const off = Math.abs((x - left) / (right - left) - (bottom - y) / (bottom - top));
    if (off < least && isFree(x, y)) [best, least] = [{ x, y }, off];
  }
  return best;
}

/**
 * Rectangles of the cells in which a function is false, joined along rows.
 * @param {Grid} grid Of ones and zeros; NaN is not known and counts as one.
 * @param {(point: [number, number]) => [number, number]} toPixel
 */
export function shadowOf(grid, toPixel) {
  const { xs, ys, values } = coarsen(grid);
  const [columns, rows] = [xs.length, ys.length];
  const edge = (/** @type {number[]} */ positions, /** @type {number} */ index) =>
    index === 0 ? (positions[0] ?? 0) : index === positions.length ? (positions.at(-1) ?? 0) : ((positions[index - 1] ?? 0) + (positions[index] ?? 0)) / 2;
  let path = "";
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      if (values[y * columns + x] !== 0) continue;
      const start = x;
      while (x < columns && values[y * columns + x] === 0) x += 1;
      const [x0, y0] = toPixel([edge(xs, start), edge(ys, y)]);
      const [x1, y1] = toPixel([edge(xs, x), edge(ys, y + 1)]);
      path += `M${round(x0)} ${round(y0)}H${round(x1)}V${round(y1)}H${round(x0)}z`;
    }
  }
  return path;
}

/** @param {SVGGElement} regions @param {SVGGElement} lines @param {SVGGElement} labels */
export function createHeat(regions, lines, labels) {
  const key = (/** @type {Band} */ band) => String(band.level);
  const drawRegions = keyed(regions, key, () => s("path", { "fill-rule": "evenodd" }), (node, { region, shade }) => {
    setAttribute(node, "d", region);
    setAttribute(node, "class", `heat heat-${shade}`);
  });
  const drawLines = keyed(lines, key, () => s("path"), (node, { line }) => setAttribute(node, "d", line));
  return {
    /** @param {Band[]} bands @param {(value: number) => string} spell */
    update(bands, spell) {
      drawRegions(bands);
      drawLines(bands);
      drawLabels(bands, spell);
    },
  };

  /** @param {Band[]} bands @param {(value: number) => string} spell */
  function drawLabels(bands, spell) {
    while (labels.children.length < bands.length) labels.append(s("text", { dy: "0.35em" }));
    while (labels.children.length > bands.length) labels.lastChild?.remove();
    const used = /** @type {{x: number, y: number}[]} */ ([]);
    bands.forEach(({ level, label }, index) => {
      const node = /** @type {Element} */ (labels.children[index]);
      const isFree = label !== null && used.every(({ x, y }) => Math.abs(x - label.x) > 46 || Math.abs(y - label.y) > 13);
      setText(node, isFree ? spell(level) : "");
      if (label === null || !isFree) return;
      used.push(label);
      setAttribute(node, "x", round(label.x));
      setAttribute(node, "y", round(label.y));
    });
  }
}
