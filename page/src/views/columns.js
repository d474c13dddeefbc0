/**
 * Where every row of a network is, from left to right: the network and the bars share these columns, so that a bar is
 * under its layer.
 *
 * Maps are as wide as the square root of their side, and as high as the square root of their channels: from 1 to 224
 * pixels and from 3 to 2048 channels, all stay visible. Both scales follow from the outline (alpha 1, the network's own
 * resolution) and from the room on the page, never from the setting: the maps move, the scale does not.
 */

import { isSign } from "./kinds.js";

/**
 * @typedef {import("./facts.js").Row} Row
 * @typedef {import("./facts.js").Block} Block
 * @typedef {{x: number, width: number, centre: number}} Column
 * @typedef {{x: number, width: number, block: Block}} Slot
 * @typedef {{columns: Column[], slots: Slot[], width: number, input: Column, acrossScale: number}} Layout
 */

const GAP = 1;
const SPARE = 1.08;
const SPARE_ABOVE = 1.12;
const SLOT_GAP = 6;
const LEAST_COLUMN = 6;
const SIGN_COLUMN = 9;
const LEAST_INPUT = 32;
const ACROSS = /** @type {const} */ ([0.55, 4.5]);

/**
 * The side of a square with as many positions as a map has.
 * @param {readonly number[]} shape
 */
export function sideOf([height = 1, width = 1]) {
  return Math.sqrt(height * width);
}

/**
 * How wide a map is drawn.
 * @param {Row} row
 * @param {number} scale
 */
export function widthOf(row, scale) {
  return isSign(row) ? SIGN_COLUMN : Math.max(1.5, scale * Math.sqrt(sideOf(row.output)));
}

/**
 * The largest scale across at which the outline fits into the room, within the limits of what can be read. If it does not
 * fit because the blocks need their least width, the scale uses that width.
 * @param {{rows: Row[], blocks: Block[]}} outline
 * @param {number} room
 * @param {number} leastSlot
 */
export function chooseAcross({ rows, blocks }, room, leastSlot) {
  let [low, high] = [Number(ACROSS[0]), Number(ACROSS[1])];
  const widthAt = (/** @type {number} */ scale) => arrange(rows, rows, blocks, scale, leastSlot).width;
  const most = Math.max(room, widthAt(low) * SPARE);
  const fits = (/** @type {number} */ scale) => widthAt(scale) <= most;
  if (fits(high)) return high;
  for (let step = 0; step < 12; step += 1) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Arrange rows in columns and blocks in slots. A column has room for the map now and for its outline, so columns keep
 * their positions while the resolution is at most the network's own.
 * @param {Row[]} rows
 * @param {(Row | undefined)[]} before
 * @param {Block[]} blocks
 * @param {number} scale
 * @param {number} leastSlot
 * @returns {Layout}
 */
export function arrange(rows, before, blocks, scale, leastSlot) {
  const image = rows[0]?.input ?? [1, 1, 1];
  const first = Math.max(scale * Math.sqrt(sideOf(image)), scale * Math.sqrt(sideOf(before[0]?.input ?? image)), LEAST_INPUT);
  const input = { x: 0, width: first, centre: first / 2 };
  /** @type {Column[]} */
  const columns = new Array(rows.length);
  const slots = [];
  let x = first + SLOT_GAP;
  for (const block of blocks) {
    const widths = block.rows.map((index) => columnWidth(/** @type {Row} */ (rows[index]), before[index], scale));
    const content = widths.reduce((sum, width) => sum + width + GAP, -GAP);
    const width = Math.max(leastSlot, content + SLOT_GAP);
    let left = x + (width - content) / 2;
    block.rows.forEach((index, position) => {
      const columnsWidth = /** @type {number} */ (widths[position]);
      columns[index] = { x: left, width: columnsWidth, centre: left + columnsWidth / 2 };
      left += columnsWidth + GAP;
    });
    slots.push({ x, width, block });
    x += width;
  }
  return { columns, slots, width: x, input, acrossScale: scale };
}

/**
 * @param {Row} row
 * @param {Row | undefined} before
 * @param {number} scale
 */
function columnWidth(row, before, scale) {
  return Math.max(LEAST_COLUMN, widthOf(row, scale), before === undefined ? 0 : widthOf(before, scale));
}

/**
 * The index of the row whose column is nearest to a horizontal position.
 * @param {Layout} layout
 * @param {number} x
 */
export function columnAt({ columns }, x) {
  let nearest = -1;
  let least = Infinity;
  columns.forEach((column, index) => {
    const distance = Math.abs(column.centre - x) - column.width / 2;
    if (distance < least) [nearest, least] = [index, distance];
  });
  return nearest;
}

/**
 * The scale of channels: the outline's widest map is as high as `room`.
 * @param {Row[]} outline
 * @param {number} room
 */
export function chooseUp(outline, room) {
  const rows = outline.filter((row) => !isFlat(row));
  const most = rows.reduce((most, { output }) => Math.max(most, output[2] ?? 1), outline[0]?.input[2] ?? 1);
  return room / Math.sqrt(most);
}

/**
 * The scale of channels for networks that are drawn to one scale, and the height of the plot that has all their maps.
 * @param {readonly {rows: Row[], outline: {rows: Row[]}}[]} networks
 * @param {number} room
 */
export function chooseHeights(networks, room) {
  const up = Math.min(...networks.map(({ outline }) => chooseUp(outline.rows, room)));
  const heights = networks.flatMap(({ rows }) => rows.map((row) => (isFlat(row) ? 0 : heightOf(row.output, up))));
  return { up, plot: Math.ceil(Math.max(room * SPARE_ABOVE, ...heights)) };
}

/**
 * Whether a row only reads a map as one vector: it has as many channels as the map has elements, beyond any scale.
 * @param {Row} row
 */
export function isFlat(row) {
  return row.operator === "flatten" || (row.kernel === null && sideOf(row.output) === 1 && row.output[2] > row.input[2]);
}

/**
 * How high a map is drawn.
 * @param {readonly number[]} shape
 * @param {number} scale
 */
export function heightOf(shape, scale) {
  return Math.max(1.5, scale * Math.sqrt(shape[2] ?? 1));
}

/**
 * Runs of blocks that end with maps of one size: what the strip of sizes below the network shows.
 * @param {Layout} layout
 * @param {Row[]} rows
 * @returns {{x: number, width: number, size: string}[]}
 */
export function listSizes({ columns }, rows) {
  /** @type {{x: number, width: number, size: string}[]} */
  const runs = [];
  rows.forEach((row, index) => {
    const column = columns[index];
    if (column === undefined || isSign(row) || /(^|\.)se\./.test(row.name)) return;
    const size = `${row.output[0]}×${row.output[1]}`;
    const last = runs.at(-1);
    if (last?.size === size) last.width = column.x + column.width - last.x;
    else runs.push({ x: column.x, width: column.width, size });
  });
  return runs;
}
