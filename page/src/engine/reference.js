/** References to networks, `NAME@ALPHA/RES:IMPL`. */

/**
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./types.js").Setting} Setting
 */

const SETTINGS = /^(?:@([^@/:]*))?(?:\/([^@/:]*))?(?::(.*))?$/s;
const NUMBER = /^[+]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const SIZE = /^(\d{1,9})(?:x(\d{1,9}))?$/;

/**
 * Read a reference; what it does not state is alpha 1, or the network's own.
 * @param {string} text
 * @param {NetworkData[]} networks
 * @returns {Setting}
 * @throws {RangeError} It has another form, or the page does not have the network.
 */
export function readReference(text, networks) {
  const starts = networks.filter((network) => text.startsWith(network.name) && /^([@/:]|$)/.test(text.slice(network.name.length)));
  const [network] = starts.sort((first, second) => second.name.length - first.name.length);
  if (network === undefined) {
    throw new RangeError(`'${text}' is not a network of this page: write NAME@ALPHA/RES:IMPL with one of ${networks.map(({ name }) => name).join(", ")}`);
  }
  const match = SETTINGS.exec(text.slice(network.name.length));
  if (match === null) throw new RangeError(`'${text}' is not a reference: write NAME, then optionally @ALPHA, /RES and :IMPL`);
  const [, alpha, size, implementation] = match;
  return {
    network: network.name,
    alpha: alpha === undefined ? (network.fixed?.alpha ?? 1) : readAlpha(alpha),
    resolution: size === undefined ? network.resolution : readResolution(size),
    implementation: implementation ?? network.default_implementation,
  };
}

/**
 * Read a width multiplier.
 * @param {string} text
 * @returns {number}
 * @throws {RangeError} It is not a number.
 */
export function readAlpha(text) {
  if (!NUMBER.test(text)) throw new RangeError(`alpha is '${text}': it must be a number such as 0.75`);
  return Number(text);
}

/**
 * Read a resolution, `160` or `160x224`: height, then width.
 * @param {string} text
 * @returns {[number, number]}
 * @throws {RangeError} It has another form.
 */
export function readResolution(text) {
  const match = SIZE.exec(text);
  if (match === null) throw new RangeError(`resolution is '${text}': write a size in pixels, N or HEIGHTxWIDTH, such as 160 or 160x224`);
  const height = Number(match[1]);
  return [height, match[2] === undefined ? height : Number(match[2])];
}

/**
 * Spell a setting as `v2@0.75/160:official`.
 * @param {Setting} setting
 * @returns {string}
 */
export function spellReference({ network, alpha, resolution, implementation }) {
  const [height, width] = resolution;
  return `${network}@${alpha}/${height === width ? height : `${height}x${width}`}:${implementation}`;
}
