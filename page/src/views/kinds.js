/** What a layer is for the pictures: its colour, its pattern, its place in the legend. */

import { s } from "../ui/svg.js";

/** @typedef {import("./facts.js").Row} Row */
/** @typedef {"dense" | "depthwise" | "pointwise" | "squeeze" | "other"} Kind */

/** The kinds in the order of the legend, with their words. */
export const KINDS = /** @type {const} */ ([
  ["dense", "standard convolution, fully connected"],
  ["depthwise", "depthwise"],
  ["pointwise", "pointwise (1×1)"],
  ["squeeze", "squeeze-and-excite"],
  ["other", "pooling and others"],
]);

/**
 * The kind of a layer. A part named `se` belongs to squeeze-and-excite, whatever its operator is.
 * @param {Row} row
 * @returns {Kind}
 */
export function kindOf(row) {
  if (/(^|\.)se\./.test(row.name)) return "squeeze";
  if (row.operator === "depthwise") return "depthwise";
  if (row.operator === "linear") return "dense";
  if (row.kernel === null || row.groups === null) return "other";
  const [, , channels] = row.input;
  const groups = row.groups;
  if (groups > 1 && groups === channels) return "depthwise";
  if (row.operator !== "conv" && row.operator !== "conv_transpose") return "other";
  return groups === 1 && row.kernel.every((side) => side === 1) ? "pointwise" : "dense";
}

/** @type {WeakMap<Row[], Kind[]>} */
const known = new WeakMap();

/**
 * The kinds of all rows. In files, squeeze-and-excite has no name of its own: it is what computes the factors of a product,
 * from a map of one position on.
 * @param {Row[]} rows
 * @returns {Kind[]}
 */
export function kindsOf(rows) {
  const kinds = known.get(rows) ?? listKinds(rows);
  known.set(rows, kinds);
  return kinds;
}

/**
 * @param {Row[]} rows
 * @returns {Kind[]}
 */
function listKinds(rows) {
  const kinds = rows.map(kindOf);
  rows.forEach((row, product) => {
    if (row.operator !== "multiply") return;
    for (let index = product - 1; index >= 0 && isVector(rows[index]); index -= 1) kinds[index] = "squeeze";
  });
  return kinds;
}

/** @param {Row | undefined} row */
function isVector(row) {
  return row !== undefined && row.output[0] === 1 && row.output[1] === 1;
}

/**
 * Whether a row is drawn as a sign and not as a map: a sum, or a product of a map and its factors.
 * @param {Row} row
 */
export function isSign(row) {
  return row.operator === "add" || row.operator === "multiply";
}

/**
 * The patterns of all kinds. The colours come from classes, so that they follow the theme; the identifiers have a prefix,
 * since several pictures are in one document.
 * @param {string} prefix
 */
export function createPatterns(prefix) {
  return s("defs", null, ...KINDS.map(([kind]) => createPattern(prefix, kind)));
}

const SIDES = { dense: 8, depthwise: 6, pointwise: 6, squeeze: 5, other: 8 };

/**
 * @param {string} prefix
 * @param {Kind} kind
 */
function createPattern(prefix, kind) {
  const side = SIDES[kind];
  const marks = {
    dense: [],
    depthwise: [s("path", { d: "M0 0H6", class: "mark", "stroke-width": 2 })],
    pointwise: [s("circle", { cx: 3, cy: 3, r: 1.1, class: "spot" })],
    squeeze: [s("path", { d: "M0 0H5M0 0V5", class: "mark", "stroke-width": 1.8 })],
    other: [],
  };
  return s(
    "pattern",
    {
      id: `${prefix}-${kind}`, class: `kind-${kind}`, width: side, height: side, patternUnits: "userSpaceOnUse",
      patternTransform: kind === "depthwise" ? "rotate(-45)" : null,
    },
    s("rect", { width: side, height: side, class: "ground" }),
    ...marks[kind],
  );
}

/** From this width on a pattern can be seen; a narrower shape would show only its marks. */
const LEAST_PATTERN = 4;

/**
 * The fill of a kind in the picture whose patterns have this prefix.
 * @param {string} prefix
 * @param {Kind} kind
 * @param {number} [width] Of the shape.
 */
export function fillOf(prefix, kind, width = LEAST_PATTERN) {
  return width < LEAST_PATTERN ? `var(--${kind})` : `url(#${prefix}-${kind})`;
}
