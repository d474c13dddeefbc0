/** A grid of values that is computed in short slices, a coarse one first, so that the page never waits for it. */

const SLICE = 6;

/**
 * The strides of the passes: every eighth node, then every second, then all.
 */
export const STRIDES = /** @type {const} */ ([8, 2, 1]);

/**
 * The nodes of a grid that a pass adds to those of the passes before it, column by column: what depends on alpha only is
 * then computed once.
 * @param {number} columns
 * @param {number} rows
 * @param {number} stride
 * @param {number} [before] The stride of the pass before.
 * @returns {[number, number][]}
 */
export function passOf(columns, rows, stride, before = 0) {
  const nodes = /** @type {[number, number][]} */ ([]);
  for (const x of stations(columns, stride)) {
    for (const y of stations(rows, stride)) {
      const isKnown = before > 0 && isStation(x, columns, before) && isStation(y, rows, before);
      if (!isKnown) nodes.push([x, y]);
    }
  }
  return nodes;
}

/**
 * Every `stride`-th position and the last one.
 * @param {number} count
 * @param {number} stride
 * @returns {number[]}
 */
export function stations(count, stride) {
  const positions = [];
  for (let position = 0; position < count; position += stride) positions.push(position);
  if (positions.at(-1) !== count - 1) positions.push(count - 1);
  return positions;
}

/** @param {number} position @param {number} count @param {number} stride */
function isStation(position, count, stride) {
  return position % stride === 0 || position === count - 1;
}

/** @param {() => void} work */
function whenIdle(work) {
  if (typeof requestIdleCallback === "function") requestIdleCallback(work, { timeout: 100 });
  else setTimeout(work, 1);
}

/**
 * Compute a grid in slices. It returns what stops it.
 * @param {object} options
 * @param {number} options.columns
 * @param {number} options.rows
 * @param {(x: number, y: number) => number} options.valueAt
 * @param {(values: Float64Array, stride: number, isDone: boolean) => void} options.onPass
 * @param {(work: () => void) => void} [options.schedule]
 * @param {() => number} [options.now]
 */
export function sampleGrid({ columns, rows, valueAt, onPass, schedule = whenIdle, now = () => performance.now() }) {
  const values = new Float64Array(columns * rows).fill(NaN);
  let [pass, index, isStopped] = [0, 0, false];
  let nodes = passOf(columns, rows, STRIDES[0]);
  const work = () => {
    const end = now() + SLICE;
    while (!isStopped && now() < end) {
      const node = nodes[index];
      if (node !== undefined) values[node[1] * columns + node[0]] = valueAt(node[0], node[1]);
      index += 1;
      if (index < nodes.length) continue;
      const stride = /** @type {number} */ (STRIDES[pass]);
      pass += 1;
      index = 0;
      const next = STRIDES[pass];
      if (next !== undefined) nodes = passOf(columns, rows, next, stride);
      onPass(values, stride, next === undefined);
      if (next === undefined) return;
      break;
    }
    if (!isStopped) schedule(work);
  };
  schedule(work);
  return () => void (isStopped = true);
}

/**
 * Do several pieces of work in slices, then what follows them. It returns what stops it.
 * @param {(() => void)[]} pieces
 * @param {() => void} onDone
 * @param {{schedule?: (work: () => void) => void, now?: () => number}} [clock]
 */
export function runSliced(pieces, onDone, { schedule = whenIdle, now = () => performance.now() } = {}) {
  let [index, isStopped] = [0, false];
  const work = () => {
    const end = now() + SLICE;
    while (!isStopped && index < pieces.length && now() < end) {
      pieces[index]?.();
      index += 1;
    }
    if (isStopped) return;
    if (index < pieces.length) schedule(work);
    else onDone();
  };
  schedule(work);
  return () => void (isStopped = true);
}
