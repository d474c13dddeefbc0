/** What a page can show: from which to which alpha, resolution and number of classes. */

/**
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./types.js").Setting} Setting
 */

export const CLASSES = 1000;

/**
 * Check a setting of a table.
 * @param {NetworkData} network
 * @param {Setting} setting
 * @param {number} mostClasses
 * @throws {RangeError} It is outside of the limits.
 */
export function checkTable(network, setting, mostClasses) {
  const described = network.implementations[setting.implementation];
  if (described === undefined) {
    const names = Object.keys(network.implementations).join(", ");
    throw new RangeError(`${network.name} has no implementation '${setting.implementation}': choose one of ${names}`);
  }
  const [least, most] = /** @type {[number, number]} */ (described.alpha_range);
  if (!(setting.alpha >= least && setting.alpha <= most)) {
    throw new RangeError(`alpha is ${setting.alpha}, and this page has ${network.name} from ${least} to ${most}: use mbcost table for others`);
  }
  const side = /** @type {number} */ (described.most_resolution);
  if (!setting.resolution.every((value) => Number.isInteger(value) && value >= 1 && value <= side)) {
    throw new RangeError(`resolution is ${setting.resolution.join("x")}: it must be whole numbers from 1 to ${side}`);
  }
  const classes = setting.classes ?? CLASSES;
  if (!(Number.isInteger(classes) && classes >= 1 && classes <= mostClasses)) {
    throw new RangeError(`classes is ${classes}: it must be a whole number from 1 to ${mostClasses}`);
  }
}

/**
 * Check a setting of a network that has one size.
 * @param {NetworkData} network
 * @param {Setting} setting
 * @throws {RangeError} It is another size.
 */
export function checkFixed(network, setting) {
  const sameSize = setting.resolution.every((side, axis) => side === network.resolution[axis]);
  if (setting.alpha !== network.fixed?.alpha || !sameSize || network.implementations[setting.implementation] === undefined) {
    throw new RangeError(`${network.name} is here at resolution ${network.resolution.join("x")} only: ${network.fixed?.reason}`);
  }
}
