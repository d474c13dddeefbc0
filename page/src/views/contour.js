/** Lines of equal value on a grid (marching squares), and the regions that they bound. */

/** @typedef {[number, number]} Point Column and row, in units of the grid. */

/**
 * Trace where the values of a grid cross a level.
 *
 * The grid is surrounded by nodes of minus infinity, so every region with values of at least the level has closed rings,
 * of which parts can be on the border of the grid. With the rule "even-odd" the rings are the region. Positions between
 * two nodes are by linear interpolation.
 * @param {ArrayLike<number>} values Row by row; infinite values are allowed.
 * @param {number} columns
 * @param {number} rows
 * @param {number} level
 * @returns {Point[][]} Closed rings, without a repeated first point.
 */
export function traceRings(values, columns, rows, level) {
  /** @param {number} x @param {number} y */
  const at = (x, y) => (x < 0 || y < 0 || x >= columns || y >= rows ? -Infinity : /** @type {number} */ (values[y * columns + x]));
  /** @type {Map<string, {point: Point, ends: string[]}>} */
  const crossings = new Map();
  /** @param {number} x @param {number} y @param {number} dx @param {number} dy */
  const cross = (x, y, dx, dy) => {
    const key = `${x},${y},${dx}`;
    if (!crossings.has(key)) {
      const part = interpolate(at(x, y), at(x + dx, y + dy), level);
      const point = /** @type {Point} */ ([clamp(x + dx * part, columns - 1), clamp(y + dy * part, rows - 1)]);
      crossings.set(key, { point, ends: [] });
    }
    return key;
  };
  for (let y = -1; y < rows; y += 1) {
    for (let x = -1; x < columns; x += 1) {
      const corners = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
      for (const [from, to] of segmentsOf(corners, level)) {
        const sides = [() => cross(x, y, 1, 0), () => cross(x + 1, y, 0, 1), () => cross(x, y + 1, 1, 0), () => cross(x, y, 0, 1)];
        const [first, second] = [/** @type {() => string} */ (sides[from])(), /** @type {() => string} */ (sides[to])()];
        crossings.get(first)?.ends.push(second);
        crossings.get(second)?.ends.push(first);
      }
    }
  }
  return stitch(crossings);
}

/**
 * How far between two nodes the level is crossed. Beside an infinite value it is half-way.
 * @param {number} before
 * @param {number} after
 * @param {number} level
 */
function interpolate(before, after, level) {
  if (!Number.isFinite(before) || !Number.isFinite(after)) return 0.5;
  return (level - before) / (after - before);
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamp(value, most) {
  return Math.min(most, Math.max(0, value));
}

/** Between which sides of a square (0 top, 1 right, 2 bottom, 3 left) the line goes, by the corners inside. */
const CASES = /** @type {readonly [number, number][][]} */ ([
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
]);

/**
 * @param {number[]} corners
 * @param {number} level
 */
function segmentsOf(corners, level) {
  const index = corners.reduce((sum, value, position) => sum + (value >= level ? 1 << position : 0), 0);
  return /** @type {[number, number][]} */ (CASES[index]);
}

/**
 * Join segments to rings: every crossing has two neighbours.
 * @param {Map<string, {point: Point, ends: string[]}>} crossings
 */
function stitch(crossings) {
  const rings = [];
  for (const start of crossings.keys()) {
    const ring = [];
    let key = /** @type {string | undefined} */ (start);
    while (key !== undefined) {
      const crossing = crossings.get(key);
      if (crossing === undefined) break;
      crossings.delete(key);
      ring.push(crossing.point);
      key = crossing.ends.find((end) => crossings.has(end));
    }
    if (ring.length > 2) rings.push(ring);
  }
  return rings;
}

/**
 * The parts of rings that are not on the border of the grid: the lines themselves.
 * @param {Point[][]} rings
 * @param {number} columns
 * @param {number} rows
 * @returns {Point[][]}
 */
export function openLines(rings, columns, rows) {
  /** @param {Point} a @param {Point} b */
  const isBorder = ([ax, ay], [bx, by]) =>
    (ax === bx && (ax === 0 || ax === columns - 1)) || (ay === by && (ay === 0 || ay === rows - 1));
  const lines = [];
  for (const ring of rings) {
    const start = ring.findIndex((point, index) => isBorder(point, /** @type {Point} */ (ring[(index + 1) % ring.length])));
    if (start < 0) {
      lines.push([...ring, /** @type {Point} */ (ring[0])]);
      continue;
    }
    let line = /** @type {Point[]} */ ([]);
    for (let step = 1; step <= ring.length; step += 1) {
      const point = /** @type {Point} */ (ring[(start + step) % ring.length]);
      const next = /** @type {Point} */ (ring[(start + step + 1) % ring.length]);
      line.push(point);
      if (step === ring.length || isBorder(point, next)) {
        if (line.length > 1) lines.push(line);
        line = [];
      }
    }
  }
  return lines;
}

/**
 * The attribute `d` of closed rings or open lines, after every point was moved to its pixel.
 * @param {Point[][]} lines
 * @param {(point: Point) => Point} toPixel
 * @param {boolean} isClosed
 */
export function pathOf(lines, toPixel, isClosed) {
  return lines
    .map((line) => `M${line.map((point) => toPixel(point).map((value) => Math.round(value * 10) / 10).join(" ")).join("L")}`)
    .map((text) => (isClosed ? `${text}Z` : text))
    .join("");
}
