/** A table as CSV, Markdown and LaTeX, in the form in which `mbcost table --format` writes it. */

/**
 * @typedef {object} Sheet What a format writes.
 * @property {string} title
 * @property {readonly {key: string, header: string, numeric: boolean}[]} columns
 * @property {readonly (readonly string[])[]} rows Cells for people.
 * @property {readonly string[] | null} footer
 * @property {readonly (readonly string[])[]} data Cells for programs: counts without separators.
 * @property {readonly string[]} notes
 */

const MARKDOWN = /[\\`|$~]|\*|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\](?=[([])|&(?=[#\p{L}\p{N}_]+;)/gu;
const BLOCK = /^([0-9]*)([-+#>=]|[.)](?= ))/;
/** @type {Record<string, string>} */
const LATEX = {
  ...Object.fromEntries([..."&%$#_{}"].map((character) => [character, `\\${character}`])),
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  "`": "\\textasciigrave{}",
  '"': "\\textquotedbl{}",
};

/**
 * Comma-separated values with plain integers; no total, title or notes.
 * @param {Sheet} sheet
 */
export function toCsv({ columns, data }) {
  const quoteCell = (/** @type {string} */ cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return [columns.map(({ key }) => key), ...data].map((row) => `${row.map(quoteCell).join(",")}\n`).join("");
}

/** @param {string} text */
function escapeMarkdown(text) {
  return text === "*" ? text : text.replace(MARKDOWN, "\\$&").replaceAll("<", "&lt;");
}

/**
 * A Markdown table with numbers aligned right and a bold footer.
 * @param {Sheet} sheet
 */
export function toMarkdown({ title, columns, rows, footer, notes }) {
  const header = columns.map((column) => escapeMarkdown(column.header));
  const lines = rows.map((row) => row.map(escapeMarkdown));
  if (footer !== null) lines.push(footer.map((text) => (text === "" ? "" : `**${escapeMarkdown(text)}**`)));
  const widths = measure([header, ...lines], 3);
  const rule = columns.map(({ numeric }, index) => {
    const dashes = "-".repeat(Number(widths[index]) + 1);
    return numeric ? `${dashes}:` : `:${dashes}`;
  });
  const draw = (/** @type {readonly string[]} */ row) => `| ${pad(row, columns, widths).join(" | ")} |`;
  const table = [draw(header), `|${rule.join("|")}|`, ...lines.map(draw)].join("\n");
  const paragraphs = notes.map((note) => escapeMarkdown(note).replace(BLOCK, "$1\\$2"));
  return `${[`**${escapeMarkdown(title)}**`, table, ...paragraphs].join("\n\n")}\n`;
}

/** @param {string} text */
function escapeLatex(text) {
  return [...text].map((character) => LATEX[character] ?? character).join("").replace(/-(?=-)/g, "-{}");
}

/**
 * A booktabs tabular with the title and the notes as comments.
 * @param {Sheet} sheet
 */
export function toLatex({ title, columns, rows, footer, notes }) {
  const escapeRow = (/** @type {readonly string[]} */ row) =>
    row.map(escapeLatex).map((cell, index) => (index === 0 && /^\s*[*[]/.test(cell) ? `{}${cell}` : cell));
  const header = escapeRow(columns.map((column) => column.header));
  const lines = rows.map(escapeRow);
  const last = footer === null ? [] : [escapeRow(footer)];
  const widths = measure([header, ...lines, ...last], 0);
  const draw = (/** @type {readonly string[]} */ row) => ` ${pad(row, columns, widths).join(" & ")} \\\\`;
  return `${[
    "% needs \\usepackage{booktabs}",
    ...[title, ...notes].map((line) => `% ${line}`),
    `\\begin{tabular}{${columns.map(({ numeric }) => (numeric ? "r" : "l")).join("")}}`,
    "\\toprule",
    draw(header),
    "\\midrule",
    ...lines.map(draw),
    ...last.flatMap((row) => ["\\midrule", draw(row)]),
    "\\bottomrule",
    "\\end{tabular}",
  ].join("\n")}\n`;
}

/**
 * @param {readonly (readonly string[])[]} lines
 * @param {number} least
 */
function measure(lines, least) {
  return (lines[0] ?? []).map((_, index) => Math.max(least, ...lines.map((line) => [...String(line[index])].length)));
}

/**
 * @param {readonly string[]} row
 * @param {Sheet["columns"]} columns
 * @param {readonly number[]} widths
 */
function pad(row, columns, widths) {
  return row.map((cell, index) => {
    const space = " ".repeat(Number(widths[index]) - [...cell].length);
    return columns[index]?.numeric ? space + cell : cell + space;
  });
}
