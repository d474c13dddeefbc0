/** The kinds of work of which a count is made: several raw counts are one part. */

/** @typedef {{part: string, value: number}} PartSum */

/** @type {readonly {part: string, title: string, names: RegExp}[]} */
export const PARTS = [
  { part: "macs", title: "multiply-adds", names: /macs$/ },
  { part: "weights", title: "weights", names: /^weights$/ },
  { part: "biases", title: "biases", names: /bias/ },
  { part: "norm", title: "norm", names: /norm/ },
  { part: "activation", title: "activation functions", names: /relu|swish|sigmoid/ },
  { part: "pool", title: "pools", names: /pool/ },
  { part: "add", title: "residual adds", names: /^adds$/ },
  { part: "multiply", title: "squeeze-and-excite scaling", names: /^multiplies$/ },
  { part: "other", title: "one addition less per output", names: /./ },
];

/**
 * The parts of a total, in the order of `PARTS`, without those that are 0.
 * @param {readonly {count: string, params: number, mult_adds: number}[]} ledger
 * @param {"params" | "mult_adds"} quantity
 * @returns {PartSum[]}
 */
export function sumParts(ledger, quantity) {
  /** @type {Map<string, number>} */
  const sums = new Map(PARTS.map(({ part }) => [part, 0]));
  for (const line of ledger) {
    const { part } = PARTS.find(({ names }) => names.test(line.count)) ?? { part: "other" };
    sums.set(part, Number(sums.get(part)) + line[quantity]);
  }
  return [...sums].filter(([, value]) => value !== 0).map(([part, value]) => ({ part, value }));
}
