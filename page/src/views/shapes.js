/** Small geometry of the network's picture: outlines, arcs, texts that fit. */

import { heightOf, widthOf } from "./columns.js";
import { isSign } from "./kinds.js";
import { setAttribute } from "../ui/dom.js";

/**
 * @typedef {import("./facts.js").Row} Row
 * @typedef {import("./facts.js").Block} Block
 * @typedef {import("./columns.js").Layout} Layout
 * @typedef {{row: Row, x: number, y: number, width: number, height: number}} MapItem
 */

/** @param {number} value */
export const round = (value) => Math.round(value * 10) / 10;

/**
 * Give a rectangle its position and size.
 * @param {Element} node
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function place(node, x, y, width, height) {
  setAttribute(node, "x", round(x));
  setAttribute(node, "y", round(y));
  setAttribute(node, "width", round(width));
  setAttribute(node, "height", round(height));
}

/**
 * Where the map that a row returns is drawn; of a sign, its middle.
 * @param {Row} row
 * @param {Layout} layout
 * @param {number} index
 * @param {number} up
 * @param {number} middle
 * @param {number} most The height of the plot, which a flattened map fills.
 * @returns {MapItem}
 */
export function itemOf(row, layout, index, up, middle, most) {
  const centre = layout.columns[index]?.centre ?? 0;
  const width = widthOf(row, layout.acrossScale);
  const height = isSign(row) ? 0 : Math.min(most, heightOf(row.output, up));
  return { row, x: centre - width / 2, y: middle - height / 2, width, height };
}

/**
 * The outlines of all maps as one path.
 * @param {(Row | undefined)[]} rows
 * @param {Layout} layout
 * @param {number} up
 * @param {number} middle
 * @param {number} most
 */
export function outlineOf(rows, layout, up, middle, most) {
  return rows
    .flatMap((row, index) => (row === undefined ? [] : itemOf(row, layout, index, up, middle, most)))
    .filter(({ row }) => !isSign(row))
    .map(({ x, y, width, height }) => `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${-round(width)}z`)
    .join("");
}

/**
 * The residual connections: an arc from the start of a block to each sum in it.
 * @param {Block[]} blocks
 * @param {Layout} layout
 * @param {MapItem[]} items
 * @param {number} up
 * @param {number} middle
 * @returns {{name: string, d: string}[]}
 */
export function arcsOf(blocks, layout, items, up, middle) {
  return blocks.flatMap((block) => {
    const sums = block.rows.filter((index, position) => position > 0 && items[index]?.row.operator === "add");
    const start = (layout.columns[block.rows[0] ?? -1]?.x ?? 0) - 2;
    return sums.map((index) => {
      const before = block.rows.filter((other) => other < index).map((other) => items[other]?.y ?? middle);
      const end = layout.columns[index]?.centre ?? start;
      const from = middle - heightOf(block.input, up) / 2;
      return { name: items[index]?.row.name ?? "", d: arcPath([start, from], [end, middle - 5], Math.min(...before) - 7) };
    });
  });
}

/**
 * A curve between two points whose highest part is at `top`.
 * @param {readonly [number, number]} from
 * @param {readonly [number, number]} to
 * @param {number} top
 */
export function arcPath([x0, y0], [x1, y1], top) {
  const bend = Math.min(6, (x1 - x0) / 4);
  return `M${round(x0)} ${round(y0)}V${round(top + bend)}Q${round(x0)} ${round(top)} ${round(x0 + bend)} ${round(top)}`
    + `H${round(x1 - bend)}Q${round(x1)} ${round(top)} ${round(x1)} ${round(top + bend)}V${round(y1)}`;
}

/**
 * A text that fits into a width: whole, or shortened with an ellipsis, or empty if too little of it would be left.
 * @param {string} text
 * @param {number} width
 * @param {number} [advance] The width of a character.
 */
export function fit(text, width, advance = 6) {
  const room = Math.floor(width / advance);
  if (text.length <= room) return text;
  return room < 4 ? "" : `${text.slice(0, room - 1)}…`;
}

/**
 * Heights at which a guide for a number of channels is drawn: not too near to each other, nor beyond the plot.
 * @param {number} up
 * @param {number} plot
 * @returns {{channels: number, height: number}[]}
 */
export function listGuides(up, plot) {
  const guides = [];
  let last = 0;
  for (const channels of [1, 4, 16, 64, 256, 1024, 4096, 16_384]) {
    const height = up * Math.sqrt(channels);
    if (height > plot) break;
    if (height - last < 26) continue;
    guides.push({ channels, height });
    last = height;
  }
  return guides;
}
