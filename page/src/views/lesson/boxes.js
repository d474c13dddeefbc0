// Filters as boxes, to scale. One box per position of the kernel: its face has one weight per pair of an input and an
// output channel, its depth is the number of positions of the map at which these weights are used. So the area of all
// faces is the number of weights, and the volume of all boxes the number of mult-adds.

/** @typedef {import("./forms.js").Bank} Bank */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {Point & {text: string}} Label */
/**
 * @typedef {object} Scale
 * @property {number} channel pixels per channel
 * @property {number} position pixels of depth per position of the map
 * @property {Point} cell the face of the largest box
 * @property {number} height of a picture
 */
/**
 * @typedef {object} Drawn a bank of filters in a picture
 * @property {Bank["kind"]} kind
 * @property {string} fronts paths of all boxes
 * @property {string} tops
 * @property {string} sides
 * @property {{across: Label, down: Label, deep: Label}} labels M, N and the map, at the boxes of the last row
 */

export const WIDTH = 300;
const HIGHEST = 272;
/** The direction of the depth: to the right and up. */
const DEPTH = { x: 0.84, y: 0.54 };
const MARGIN = { left: 40, bottom: 18, top: 4, right: 28 };
const GAP = 7;
/** The space between two layers, in which their labels are. */
const BETWEEN = { width: 44, height: 24 };
/** The depth of all boxes of a row together is at most this. */
const DEEPEST = 76;
/** A box of one channel is drawn so wide, or it would not be seen. */
const LEAST = 1;
/** If a form does not fit, everything is made so much smaller, unless it is tiny already. */
const SMALLER = 0.95;
const LEAST_CHANNEL = 1e-6;
const ALMOST = 0.01;
/** The space that a box of one channel has in its row. */
const NARROW = 4;

/**
 * The scale at which every form of a layer fits into its picture.
 * @param {readonly (readonly Bank[])[]} forms the layers of each form
 * @returns {Scale}
 */
export function chooseScale(forms) {
  const banks = forms.flat();
  const most = Math.max(...banks.map(({ map }) => map[0] * map[1]));
  const kernels = banks.filter(({ kind }) => kind === "dense").map(({ kernel }) => kernel);
  const rows = Math.max(...kernels.map(([height]) => height));
  const columns = Math.max(...kernels.map(([, width]) => width));
  const inputs = Math.max(...banks.map((bank) => bank.inputs));
  const outputs = Math.max(...banks.map((bank) => bank.outputs));
  const depth = DEEPEST / Math.max(columns, rows, 2);
  const width = (WIDTH - MARGIN.left - MARGIN.right + GAP) / columns - GAP - depth * DEPTH.x;
  const height = (HIGHEST - MARGIN.top - MARGIN.bottom + GAP) / rows - GAP - depth * DEPTH.y;
  let channel = Math.min(width / outputs, height / inputs);
  let position = depth / most;
  const room = { width: WIDTH - MARGIN.left - MARGIN.right, height: HIGHEST - MARGIN.top - MARGIN.bottom };
  for (;;) {
    const scale = { channel, position, cell: { x: outputs * channel, y: inputs * channel }, height: 0 };
    const sizes = forms.map((form) => measureForm(form, scale));
    const needed = Math.max(...sizes.map((size) => size.height));
    const isWide = sizes.some((size) => size.width > room.width + ALMOST) || needed > room.height + ALMOST;
    if (!isWide || channel < LEAST_CHANNEL) return { ...scale, height: Math.ceil(needed + MARGIN.top + MARGIN.bottom) };
    channel *= SMALLER;
    position *= SMALLER;
  }
}

/**
 * The size of a form.
 * @param {readonly Bank[]} banks
 * @param {Scale} scale
 */
function measureForm(banks, scale) {
  const sizes = banks.map((bank) => measureBank(bank, scale));
  const [widths, heights] = [sizes.map(({ width }) => width), sizes.map(({ height }) => height)];
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);
  if (banks.length === 1) return { width: widths[0], height: heights[0] };
  if (isStacked(banks)) return { width: Math.max(...widths), height: sum(heights) + BETWEEN.height };
  return { width: sum(widths) + BETWEEN.width, height: Math.max(...heights) };
}

/**
 * Whether the layers are one below the other: those that follow read what is as wide as the boxes are.
 * @param {readonly Bank[]} banks
 */
function isStacked(banks) {
  return banks.length > 1 && banks[1].kind === "depthwise";
}

/**
 * Draws the layers of a form: side by side, or one below the other if the depthwise layer comes second.
 * @param {readonly Bank[]} banks
 * @param {Scale} scale
 * @returns {Drawn[]}
 */
export function drawBanks(banks, scale) {
  const sizes = banks.map((bank) => measureBank(bank, scale));
  const stacked = isStacked(banks);
  const axis = stacked ? "height" : "width";
  const room = { width: WIDTH - MARGIN.left - MARGIN.right, height: scale.height - MARGIN.top - MARGIN.bottom };
  const free = room[axis] - sizes.reduce((sum, size) => sum + size[axis], 0);
  const between = banks.length > 1 ? BETWEEN[axis] : 0;
  let start = (free - between * (banks.length - 1)) / 2;
  return banks.map((bank, index) => {
    const size = sizes[index];
    const left = MARGIN.left + (stacked ? 0 : start);
    const top = MARGIN.top + (stacked ? start : (room.height - size.height) / 2);
    start += size[axis] + between;
    return drawBank(bank, size, left, top + size.height);
  });
}

/**
 * @param {Bank} bank
 * @param {Scale} scale
 */
function measureBank({ kernel, map, inputs, outputs }, { channel, position, cell }) {
  const depth = map[0] * map[1] * position;
  const deep = { x: depth * DEPTH.x, y: depth * DEPTH.y };
  const box = { x: Math.max(LEAST, outputs * channel), y: Math.max(LEAST, inputs * channel) };
  // A box keeps its cell when alpha makes it smaller, so that the boxes do not move.
  const space = {
    x: outputs === 1 ? Math.max(NARROW, box.x) : cell.x,
    y: inputs === 1 ? Math.max(NARROW, box.y) : cell.y,
  };
  const step = { x: space.x + deep.x + GAP, y: space.y + deep.y + GAP };
  const isSingle = kernel[0] * kernel[1] === 1;
  const width = isSingle ? box.x + deep.x : kernel[1] * step.x - GAP;
  const height = isSingle ? box.y + deep.y : kernel[0] * step.y - GAP;
  return { box, deep, step, width, height };
}

/**
 * @param {Bank} bank
 * @param {ReturnType<typeof measureBank>} size
 * @param {number} left
 * @param {number} bottom
 * @returns {Drawn}
 */
function drawBank({ kind, kernel, inputs, outputs, map }, { box, deep, step }, left, bottom) {
  const paths = { fronts: "", tops: "", sides: "" };
  for (let row = 0; row < kernel[0]; row += 1) {
    for (let column = 0; column < kernel[1]; column += 1) {
      const x = left + column * step.x;
      const y = bottom - row * step.y - box.y;
      paths.fronts += trace([x, y], [box.x, 0], [0, box.y]);
      paths.tops += trace([x, y], [box.x, 0], [deep.x, -deep.y]);
      paths.sides += trace([x + box.x, y], [deep.x, -deep.y], [0, box.y]);
    }
  }
  const right = left + (kernel[1] - 1) * step.x + box.x;
  return {
    kind,
    ...paths,
    labels: {
      across: { x: left + box.x / 2, y: bottom + 13, text: outputs === 1 ? "" : `N ${outputs}` },
      down: { x: left - 5, y: bottom - box.y / 2, text: inputs === 1 ? "" : `M ${inputs}` },
      deep: { x: right + deep.x / 2 + 3, y: bottom - deep.y / 2 + 11, text: map.join("\u00b7") },
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
