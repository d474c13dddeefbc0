/** Scales and their ticks: pure arithmetic of pictures. */

/**
 * The smallest round number of at least `value`: 1 to 8 times a power of ten, or for bytes 1 and 1.5 times a power of two.
 * @param {number} value
 * @param {boolean} [isBinary]
 */
export function ceilNice(value, isBinary = false) {
  if (!(value > 0)) return 1;
  if (isBinary) {
    const power = 2 ** Math.ceil(Math.log2(value));
    return value <= power * 0.75 ? power * 0.75 : power;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value * (1 - 1e-12)) ?? 10;
  return step * power;
}

/**
 * The top of an axis of bars. It is that of the reference, so that bars shrink and grow on a fixed scale; if they are
 * higher than it, or much lower, the scale changes by whole steps: of 4 and 2.5 in turn, or of 4 for bytes.
 * @param {number} reference The largest value at the reference.
 * @param {number} largest The largest value now.
 * @param {boolean} isBinary
 */
export function axisTop(reference, largest, isBinary) {
  let top = ceilNice(reference > 0 ? reference : largest, isBinary);
  if (!(largest > 0)) return top;
  const factors = isBinary ? [4, 4] : [4, 2.5];
  for (let step = 0; largest > top; step += 1) top *= /** @type {number} */ (factors[step % 2]);
  for (let step = 1; largest * 4 <= top; step += 1) top /= /** @type {number} */ (factors[step % 2]);
  return top;
}

/**
 * Lines of equal cost between two values: 1, 2, 5 times powers of ten; if they are few, more of them; if they are many,
 * only powers.
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function isoLevels(low, high) {
  if (!(low > 0) || !(high > low)) return [];
  const families = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9]];
  const lists = families.map((family) => listLevels(family, low, high));
  const enough = lists.find((levels) => levels.length >= 6) ?? lists.at(-1) ?? [];
  return enough.slice(0, 24);
}

/**
 * @param {number[]} factors
 * @param {number} low
 * @param {number} high
 */
function listLevels(factors, low, high) {
  const levels = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    levels.push(...factors.map((factor) => Number(`${factor}e${power}`)));
  }
  return levels.filter((level) => level > low && level < high);
}

/**
 * The same for bytes: powers of two, and halves between them if they are few.
 * @param {number} low
 * @param {number} high
 */
export function isoBytes(low, high) {
  if (!(low > 0) || !(high > low)) return [];
  const levels = [];
  for (let power = Math.floor(Math.log2(low)); power <= Math.log2(high); power += 1) {
    levels.push(2 ** power, 2 ** power * 1.5);
  }
  const inside = levels.filter((level) => level > low && level < high);
  const coarse = inside.filter((level) => Number.isInteger(Math.log2(level)));
  return coarse.length >= 5 ? coarse : inside;
}

/**
 * A logarithmic scale from values to pixels.
 * @param {readonly [number, number]} domain
 * @param {readonly [number, number]} range
 */
export function logScale([low, high], [start, end]) {
  const step = (end - start) / Math.log(high / low);
  return {
    /** @param {number} value */
    to: (value) => start + step * Math.log(value / low),
    /** @param {number} pixel */
    from: (pixel) => low * Math.exp((pixel - start) / step),
  };
}

/**
 * The element of an ascending list that is nearest to a value, by ratio.
 * @param {readonly number[]} values
 * @param {number} value
 * @returns {number | undefined}
 */
export function nearest(values, value) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {number} */ (values[middle]) < value) low = middle + 1;
    else high = middle;
  }
  const [below, above] = [values[low - 1], values[low]];
  if (below === undefined) return above;
  if (above === undefined) return below;
  return value * value < below * above ? below : above;
}

/**
 * The next element of an ascending list above a value, or below it; the value itself if there is none.
 * @param {readonly number[]} values
 * @param {number} value
 * @param {number} direction
 */
export function neighbour(values, value, direction) {
  if (direction > 0) return values.find((item) => item > value * (1 + 1e-9)) ?? value;
  return values.filter((item) => item < value * (1 - 1e-9)).at(-1) ?? value;
}
