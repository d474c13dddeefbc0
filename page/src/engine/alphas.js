/** The alphas at which a network changes. */

/**
 * @typedef {import("./types.js").NetworkData} NetworkData
 * @typedef {import("./table.js").Tables} Tables
 */

/**
 * A short alpha for each different network of a table, in order.
 * @param {Tables} tables
 * @param {NetworkData} network
 * @param {string} implementation
 * @returns {number[]}
 */
export function listAlphas(tables, network, implementation) {
  const described = network.implementations[implementation];
  if (network.fixed !== undefined || described?.alpha_range === undefined) return network.alphas;
  const [least, most] = described.alpha_range;
  const functions = new Set((described.blocks ?? []).flatMap((block) => block.slice(2)));
  const starts = new Set([...functions].flatMap((steps) => tables.startsOf(steps)));
  const ordered = [least, ...[...starts].sort((first, second) => first - second)];
  const kinds = (described.blocks ?? []).map((block) => /** @type {number} */ (block[2]));
  return ordered.flatMap((start, index) => {
    if (kinds.some((steps) => tables.valueOf(steps, start) < 0)) return [];
    const next = ordered[index + 1] ?? most;
    const published = network.alphas.find((alpha) => start <= alpha && (alpha < next || index === ordered.length - 1));
    return [published ?? findShortDecimal(start, next)];
  });
}

/**
 * The number with the fewest decimals from `least` on and below `next`.
 * @param {number} least
 * @param {number} next
 * @returns {number}
 */
export function findShortDecimal(least, next) {
  for (let decimals = 0; decimals < 17; decimals += 1) {
    const scale = 10 ** decimals;
    const candidate = Number((Math.ceil(least * scale) / scale).toFixed(decimals));
    if (least <= candidate && candidate < next) return candidate;
  }
  return least;
}
