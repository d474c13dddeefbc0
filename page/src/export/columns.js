/** The cost table as columns and rows, as `mbcost table` has them. */

import { formatCount, formatShare, formatSize } from "../ui/format.js";

/** @typedef {import("../engine/types.js").Row} Row */
/** @typedef {import("../engine/types.js").Costs} Costs */
/** @typedef {import("../engine/types.js").NetworkData} NetworkData */
/**
 * @typedef {object} Column
 * @property {string} key The name in CSV.
 * @property {string} header
 * @property {boolean} numeric
 * @property {(row: Row, costs: Costs) => string | number | null} value A number is a count.
 */

/** The columns of the papers' tables, in the order in which `mbcost table` has them. */
const LETTERS = ["a", "t", "exp", "c", "n", "s", "g", "d", "se", "nl", "res"];

/** @type {readonly Column[]} */
const FIRST = [
  { key: "layer", header: "layer", numeric: false, value: (row) => row.name },
  { key: "operator", header: "operator", numeric: false, value: (row) => row.operator },
  { key: "kernel", header: "kernel", numeric: false, value: (row) => formatSize(row.kernel) },
  { key: "stride", header: "stride", numeric: true, value: (row) => row.stride },
  { key: "groups", header: "groups", numeric: true, value: (row) => row.groups },
  { key: "input", header: "input HxWxC", numeric: false, value: (row) => formatSize(row.input) },
  { key: "output", header: "output HxWxC", numeric: false, value: (row) => formatSize(row.output) },
];

/** @type {readonly Column[]} */
const LAST = [
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
 * The columns of a network's table.
 * @param {NetworkData} network
 * @returns {readonly Column[]}
 */
export function listColumns({ printed = [] }) {
  const letters = LETTERS.filter((letter) => printed.some((row) => letter in row));
  return [
    ...FIRST,
    ...letters.map((letter) => ({
      key: letter,
      header: letter,
      numeric: false,
      value: (/** @type {Row} */ row) => printed[row.stage]?.[letter] ?? "",
    })),
    ...LAST,
  ];
}

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
 * @param {readonly Column[]} columns
 * @param {Costs} costs
 * @returns {string[]}
 */
export function footerCells(columns, costs) {
  /** @type {Record<string, string>} */
  const cells = {
    layer: "total",
    params: formatCount(costs.params),
    mult_adds: formatCount(costs.mult_adds),
    mult_adds_percent: costs.mult_adds ? "100.00%" : "0.00%",
    activations: formatCount(costs.activations),
  };
  return columns.map(({ key }) => cells[key] ?? "");
}
