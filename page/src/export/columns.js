/** The cost table as columns and rows, as `mbcost table` has them. */

import { formatCount, formatShare, formatSize } from "../ui/format.js";

/** @typedef {{name: string, operator: string, kernel: readonly number[] | null, stride: number | null,
 *   groups: number | null, input: readonly number[], output: readonly number[], params: number, mult_adds: number,
 *   activations: number}} Row */
/** @typedef {{rows: readonly Row[], params: number, mult_adds: number, activations: number}} Costs */
/**
 * @typedef {object} Column
 * @property {string} key The name in CSV.
 * @property {string} header
 * @property {boolean} numeric
 * @property {(row: Row, costs: Costs) => string | number | null} value A number is a count.
 */

/** @type {readonly Column[]} */
export const COLUMNS = [
  { key: "layer", header: "layer", numeric: false, value: (row) => row.name },
  { key: "operator", header: "operator", numeric: false, value: (row) => row.operator },
  { key: "kernel", header: "kernel", numeric: false, value: (row) => formatSize(row.kernel) },
  { key: "stride", header: "stride", numeric: true, value: (row) => row.stride },
  { key: "groups", header: "groups", numeric: true, value: (row) => row.groups },
  { key: "input", header: "input HxWxC", numeric: false, value: (row) => formatSize(row.input) },
  { key: "output", header: "output HxWxC", numeric: false, value: (row) => formatSize(row.output) },
  { key: "params", header: "params", numeric: true, value: (row) => row.params },
  { key: "mult_adds", header: "mult-adds", numeric: true, value: (row) => row.mult_adds },
  {
    key: "mult_adds_percent",
    header: "share",
    numeric: false,
    value: (row, costs) => formatShare(row.mult_adds, costs.mult_adds),
  },
  { key: "activations", header: "activations", numeric: true, value: (row) => row.activations },
];

/**
 * A cell for people: counts have thousands separators, and a share has its percent sign.
 * @param {Column} column
 * @param {string | number | null} value
 */
export function cellText(column, value) {
  if (value === null || value === "") return "";
  if (column.key === "mult_adds_percent") return `${value}%`;
  return typeof value === "number" ? formatCount(value) : value;
}

/**
 * The cells of the last line.
 * @param {Costs} costs
 * @returns {string[]}
 */
export function footerCells(costs) {
  /** @type {Record<string, string>} */
  const cells = {
    layer: "total",
    params: formatCount(costs.params),
    mult_adds: formatCount(costs.mult_adds),
    mult_adds_percent: costs.mult_adds ? "100.00%" : "0.00%",
    activations: formatCount(costs.activations),
  };
  return COLUMNS.map(({ key }) => cells[key] ?? "");
}
