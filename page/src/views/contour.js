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
  const width = columns + 1;
  const edges = new Edges(width * (rows + 1));
  /** @param {number} x @param {number} y */
  const at = (x, y) => (x < 0 || y < 0 || x >= columns || y >= rows ? -Infinity : /** @type {number} */ (values[y * columns + x]));
  /** @param {number} x @param {number} y @param {number} isDown */
  const cross = (x, y, isDown) => {
    const edge = 2 * ((y + 1) * width + x + 1) + isDown;
    if (!edges.has(edge)) {
      const part = interpolate(at(x, y), at(x + 1 - isDown, y + isDown), level);
      edges.add(edge, clamp(x + (1 - isDown) * part, columns - 1), clamp(y + isDown * part, rows - 1));
    }
    return edge;
  };
  for (let y = -1; y < rows; y += 1) {
    for (let x = -1; x < columns; x += 1) {
      const corners = Number(at(x, y) >= level) + 2 * Number(at(x + 1, y) >= level)
        + 4 * Number(at(x + 1, y + 1) >= level) + 8 * Number(at(x, y + 1) >= level);
      for (const [from, to] of /** @type {readonly [Side, Side][]} */ (CASES[corners])) {
        edges.join(cross(x + EDGES[from][0], y + EDGES[from][1], EDGES[from][2]), cross(x + EDGES[to][0], y + EDGES[to][1], EDGES[to][2]));
      }
    }
  }
  return edges.stitch();
}

/** @typedef {0 | 1 | 2 | 3} Side Of a square of four nodes: top, right, bottom, left. */

/** Between which sides of a square the line goes, by the corners inside: 1 top left, 2 top right, 4 and 8 below. */
const CASES = /** @type {readonly (readonly [Side, Side][])[]} */ ([
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
]);

/** The edge of the grid on each side: the offset of its first node, and whether it goes down. */
const EDGES = /** @type {const} */ ([[0, 0, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]]);

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

/** The edges of a grid that a level crosses: where, and with which two others each is joined. */
class Edges {
  /** @param {number} nodes */
  constructor(nodes) {
    this.joined = new Int32Array(4 * nodes).fill(-1);
    /** @type {Map<number, Point>} */
    this.points = new Map();
  }

  /** @param {number} edge */
  has(edge) {
    return this.points.has(edge);
  }

  /** @param {number} edge @param {number} x @param {number} y */
  add(edge, x, y) {
    this.points.set(edge, [x, y]);
  }

  /** @param {number} first @param {number} second */
  join(first, second) {
    this.joined[2 * first + (this.joined[2 * first] === -1 ? 0 : 1)] = second;
    this.joined[2 * second + (this.joined[2 * second] === -1 ? 0 : 1)] = first;
  }

  /** The rings of joined edges; each edge is in one. */
  stitch() {
    const rings = /** @type {Point[][]} */ ([]);
    for (const start of this.points.keys()) {
      const ring = /** @type {Point[]} */ ([]);
      let edge = start;
      for (let point = this.points.get(edge); point !== undefined; point = this.points.get(edge)) {
        this.points.delete(edge);
        ring.push(point);
        const next = /** @type {number} */ (this.joined[2 * edge]);
        edge = this.points.has(next) ? next : /** @type {number} */ (this.joined[2 * edge + 1]);
      }
      if (ring.length > 2) rings.push(ring);
    }
    return rings;
  }
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
