// Exact fractions of whole numbers, as the papers print ratios.

/** @typedef {{top: bigint, bottom: bigint}} Fraction in lowest terms; the bottom is positive */

/**
 * @param {number | bigint} top
 * @param {number | bigint} [bottom] not zero
 * @returns {Fraction}
 */
export function fraction(top, bottom = 1) {
  const [a, b] = [BigInt(top), BigInt(bottom)];
  const divisor = findDivisor(a, b);
  return { top: a / divisor, bottom: b / divisor };
}

/**
 * @param {Fraction} first
 * @param {Fraction} second
 */
export function add(first, second) {
  return fraction(first.top * second.bottom + second.top * first.bottom, first.bottom * second.bottom);
}

/**
 * @param {Fraction} first
 * @param {Fraction} second
 */
export function equals(first, second) {
  return first.top * second.bottom === second.top * first.bottom;
}

/** @param {Fraction} value */
export function writeFraction({ top, bottom }) {
  return bottom === 1n ? String(top) : `${top}/${bottom}`;
}

/**
 * Four decimals, rounded half up from the exact value.
 * @param {Fraction} value not negative
 */
export function writeDecimal({ top, bottom }) {
  const digits = String((20000n * top + bottom) / (2n * bottom)).padStart(5, "0");
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

/**
 * @param {bigint} first
 * @param {bigint} second
 * @returns {bigint}
 */
function findDivisor(first, second) {
  return second === 0n ? first : findDivisor(second, first % second);
}
