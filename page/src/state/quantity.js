/** Numbers and sizes of images, as the options of the commands have them; `budget/quantity.js` has the limits. */

const DECIMAL = { k: 1e3, K: 1e3, M: 1e6, G: 1e9 };
const FORM = /^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-z]*)$/;

/**
 * Read a count, such as 60M.
 * @param {string} text
 * @returns {number} A whole number.
 * @throws {RangeError}
 */
export function parseCount(text) {
  return parse(text, { "": 1, ...DECIMAL }, "a number such as 60M");
}

/**
 * Read a positive number.
 * @param {string} text
 * @returns {number}
 * @throws {RangeError}
 */
export function parseNumber(text) {
  const match = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$/i.exec(text.trim());
  const value = match === null ? Number.NaN : Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`'${text}': write a positive number such as 0.75`);
  return value;
}

/**
 * Read a resolution, `160` or `160x224`: height, then width.
 * @param {string} text
 * @returns {[number, number]}
 * @throws {RangeError}
 */
export function parseResolution(text) {
  const match = /^([0-9]{1,5})(?:\s*[x\u00d7]\s*([0-9]{1,5}))?$/.exec(text.trim());
  const height = Number(match?.[1] ?? 0);
  const width = Number(match?.[2] ?? height);
  if (height < 1 || width < 1) {
    throw new RangeError(`resolution is '${text}': write a size in pixels, N or HEIGHTxWIDTH, such as 160 or 160x224`);
  }
  return [height, width];
}

/**
 * @param {string} text
 * @param {Record<string, number>} units
 * @param {string} expected
 */
function parse(text, units, expected) {
  const match = FORM.exec(text.trim());
  const factor = match === null ? undefined : units[match[2] ?? ""];
  const value = match === null || factor === undefined ? Number.NaN : Math.round(Number(match[1]) * factor);
  if (!(value >= 1 && Number.isSafeInteger(value))) throw new RangeError(`'${text}': write ${expected}`);
  return value;
}
