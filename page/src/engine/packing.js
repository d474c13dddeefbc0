/** Numbers that Python wrote in few characters (mbcost/questions/page/packing.py). */

/** @typedef {import("./types.js").StartsData} StartsData */

/**
 * The whole numbers of arithmetic series: first, step and length of each.
 * @param {number[]} packed
 * @returns {number[]}
 */
export function unpackIntegers(packed) {
  const values = [];
  for (let index = 0; index < packed.length; index += 3) {
    const [first, step, length] = /** @type {[number, number, number]} */ (packed.slice(index, index + 3));
    for (let count = 0; count < length; count += 1) values.push(first + step * count);
  }
  return values;
}

const ULP_ZERO = "e".charCodeAt(0);
const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/**
 * The float64 that is so many numbers above a positive one.
 * @param {number} value
 * @param {number} ulps
 * @returns {number}
 */
function step(value, ulps) {
  float[0] = value;
  bits[0] = /** @type {bigint} */ (bits[0]) + BigInt(ulps);
  return /** @type {number} */ (float[0]);
}

/**
 * The alphas at which a width changes.
 * @param {StartsData} packed
 * @returns {number[]}
 */
export function unpackStarts(packed) {
  if ("a" in packed) return packed.a;
  const starts = unpackIntegers(packed.h).map((halves) => halves / 2 / packed.d);
  if (packed.u === "") return starts;
  return starts.map((start, index) => {
    const ulps = packed.u.charCodeAt(index) - ULP_ZERO;
    return ulps === 0 ? start : step(start, ulps);
  });
}

/**
 * The number of starts that are not above alpha.
 * @param {number[]} starts
 * @param {number} alpha
 * @returns {number}
 */
export function countStarts(starts, alpha) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {number} */ (starts[middle]) <= alpha) low = middle + 1;
    else high = middle;
  }
  return low;
}
