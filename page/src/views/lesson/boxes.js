// Filters as boxes, to scale. One box per position of the kernel: its face has one weight per pair of an input and an
// output channel, its depth is the number of positions of the map at which these weights are used. So the area of all
// faces is the number of weights, and the volume of all boxes the number of mult-adds.

/** @typedef {import("./forms.js").Bank} Bank */
/** @typedef {{channel: number, position: number, cell: [number, number], gap: number}} Scale pixels per channel, pixels of depth per position */
/** @typedef {{x: number, y: number}} Point */
/**
 * @typedef {object} Drawn a bank of filters in a picture
 * @property {Bank["kind"]} kind
 * @property {string} fronts paths of all boxes
 * @property {string} tops
 * @property {string} sides
 * @property {{across: Label, down: Label}} labels the numbers of channels, at the first box of the last row
 */
/** @typedef {Point & {text: string}} Label */

export const WIDTH = 300;
export const HEIGHT = 272;
/** The direction of the depth: to the right and up. */
const DEPTH = { x: 0.84, y: -0.54 };
const MARGIN = { left: 20, bottom: 18, top: 4, right: 4 };
const GAP = 7;
const LONGEST = 84; // the most depth of all boxes of a row together
/** A box of one channel is drawn so wide, or it would not be seen. */
const LEAST = 1;

/**
 * The scale at which every form of a layer fits into its picture.
 * @param {readonly Bank[]} banks of all forms
 * @returns {Scale}
 */
export function chooseScale(banks) {
  const most = Math.max(...banks.map(({ map }) => map[0] * map[1]));
  const dense = banks.filter(({ kind }) => kind === "dense");
  const columns = Math.max(...dense.map(({ kernel }) => kernel[1]));
  const rows = Math.max(...dense.map(({ kernel }) => kernel[0]));
  const inputs = Math.max(...banks.map((bank) => bank.inputs));
  const outputs = Math.max(...banks.map((bank) => bank.outputs));
  const depth = LONGEST / Math.max(columns, rows);
  const width = (WIDTH - MARGIN.left - MARGIN.right) / columns - GAP - depth * DEPTH.x;
  const height = (HEIGHT - MARGIN.top - MARGIN.bottom) / rows - GAP + depth * DEPTH.y;
  const channel = Math.min(width / outputs, height / inputs);
  return { channel, position: depth / most, cell: [outputs * channel, inputs * channel], gap: GAP };
}

/**
 * Draws the layers of a form side by side.
 * @param {readonly Bank[]} banks
 * @param {Scale} scale
 * @returns {Drawn[]}
 */
export function drawBanks(banks, scale) {
  const widths = banks.map((bank) => measureBank(bank, scale).width);
  const free = WIDTH - MARGIN.left - MARGIN.right - widths.reduce((sum, width) => sum + width, 0);
  const between = banks.length > 1 ? Math.min(46, free / banks.length) : 0;
  let left = MARGIN.left + (free - between * (banks.length - 1)) / 2;
  return banks.map((bank, index) => {
    const drawn = drawBank(bank, scale, left);
    left += widths[index] + between;
    return drawn;
  });
}

/**
 * @param {Bank} bank
 * @param {Scale} scale
 */
function measureBank({ kernel, map, inputs, outputs }, { channel, position, cell, gap }) {
  const depth = map[0] * map[1] * position;
  // A box of full height or width keeps its cell when alpha makes it smaller, so that boxes do not move.
  const box = {
    width: outputs === 1 ? LEAST : Math.max(LEAST, outputs * channel),
    height: inputs === 1 ? LEAST : Math.max(LEAST, inputs * channel),
  };
  const most = depth;
  const step = {
    x: (outputs === 1 ? LEAST + 3 : cell[0]) + most * DEPTH.x + gap,
    y: (inputs === 1 ? LEAST + 3 : cell[1]) - most * DEPTH.y + gap,
  };
  return { box, depth, step, width: kernel[1] * step.x - gap, height: kernel[0] * step.y - gap };
}

/**
 * @param {Bank} bank
 * @param {Scale} scale
 * @param {number} left
 * @returns {Drawn}
 */
function drawBank(bank, scale, left) {
  const { box, depth, step, height } = measureBank(bank, scale);
  const bottom = HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom - height) / 2;
  const [dx, dy] = [depth * DEPTH.x, depth * DEPTH.y];
  const paths = { fronts: "", tops: "", sides: "" };
  for (let row = 0; row < bank.kernel[0]; row += 1) {
    for (let column = 0; column < bank.kernel[1]; column += 1) {
      const x = left + column * step.x;
      const y = bottom - row * step.y - box.height;
      paths.fronts += trace([x, y], [box.width, 0], [0, box.height]);
      paths.tops += trace([x, y], [box.width, 0], [dx, dy]);
      paths.sides += trace([x + box.width, y], [dx, dy], [0, box.height]);
    }
  }
  return {
    kind: bank.kind,
    ...paths,
    labels: {
      across: { x: left + box.width / 2, y: bottom + 13, text: String(bank.outputs) },
      down: { x: left - 6, y: bottom - box.height / 2, text: String(bank.inputs) },
    },
  };
}

/**
 * The path of a parallelogram.
 * @param {[number, number]} corner
 * @param {[number, number]} first
 * @param {[number, number]} second
 */
function trace([x, y], [ax, ay], [bx, by]) {
  return `M${round(x)} ${round(y)}l${round(ax)} ${round(ay)}l${round(bx)} ${round(by)}l${round(-ax)} ${round(-ay)}z`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
