/** Numbers, sizes and settings as people read them. Counts are exact; what is rounded has a unit with a prefix. */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const PREFIXES = ["", "K", "M", "G", "T", "P"];
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** The sign between the sides of a size, and before a factor. */
export const TIMES = "\u00d7";
/** A space at which no line breaks, narrower than a usual one: it stands between a number and its unit. */
export const THIN = "\u202f";

/**
 * A count with thousands separators: 1,234,567.
 * @param {number} count
 */
export function formatCount(count) {
  return WHOLE.format(count);
}

/**
 * A count rounded to four digits with a decimal prefix: 300.8 M. Below 10,000 it is exact.
 * @param {number} count
 */
export function formatShort(count) {
  if (Math.abs(count) < 10_000) return formatCount(count);
  return scale(count, 1000, PREFIXES);
}

/**
 * A number of bytes with a binary prefix: 1.436 MiB.
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  if (Math.abs(bytes) < 1024) return `${formatCount(bytes)}${THIN}B`;
  return scale(bytes, 1024, BYTES);
}

/**
 * @param {number} value
 * @param {number} base
 * @param {readonly string[]} units
 */
function scale(value, base, units) {
  let power = 0;
  let scaled = value;
  while (power + 1 < units.length && Math.abs(Number(scaled.toPrecision(4))) >= base) {
    power += 1;
    scaled = value / base ** power;
  }
  const text = Math.abs(scaled) >= 1000 ? formatCount(Math.round(scaled)) : scaled.toPrecision(4);
  return `${text}${THIN}${units[power]}`;
}

/**
 * A factor: \u00d70.357. A number divided by zero has none.
 * @param {number} part
 * @param {number} whole
 * @returns {string}
 */
export function formatRatio(part, whole) {
  if (whole === 0) return part === 0 ? `${TIMES}1` : "\u2013";
  const ratio = part / whole;
  if (ratio === 1) return `${TIMES}1`;
  if (ratio >= 1000) return `${TIMES}${formatCount(Math.round(ratio))}`;
  const text = ratio >= 0.001 || ratio === 0 ? ratio.toPrecision(3) : ratio.toExponential(1);
  return `${TIMES}${text === "1.00" ? ratio.toPrecision(6).replace(/0+$/, "") : text}`;
}

/**
 * A share in percent with two decimal places, rounded half up in integers, as `mbcost table` does: 12.34.
 * @param {number} part
 * @param {number} whole
 */
export function formatShare(part, whole) {
  if (whole === 0) return "0.00";
  const hundredths = (20_000n * BigInt(part) + BigInt(whole)) / (2n * BigInt(whole));
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")}`;
}

/**
 * Milliseconds with three digits.
 * @param {number} milliseconds
 */
export function formatMilliseconds(milliseconds) {
  const text = milliseconds >= 1000 ? formatCount(Math.round(milliseconds)) : milliseconds.toPrecision(3);
  return `${text}${THIN}ms`;
}

/**
 * A width multiplier with all its digits.
 * @param {number} alpha
 */
export function formatAlpha(alpha) {
  return String(alpha);
}

/**
 * A resolution as users type it: one number if it is square, else height x width.
 * @param {readonly [number, number]} resolution
 */
export function formatResolution([height, width]) {
  return height === width ? String(height) : `${height}x${width}`;
}

/**
 * A size as the tables print it: 3x3, 14x14x512. An empty size is an empty text.
 * @param {readonly number[] | null} sides
 */
export function formatSize(sides) {
  return sides === null ? "" : sides.join("x");
}
