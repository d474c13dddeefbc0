/** The inside of one block: the map that it reads, then the map after each of its layers, larger than in the network. */

import { h, keyed, setAttribute, setText } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { chooseUp, heightOf, sideOf } from "./columns.js";
import { createPatterns, fillOf, isSign, kindsOf } from "./kinds.js";
import { arcPath, fit, place, round } from "./shapes.js";
import { operatorText, sizeText } from "./words.js";

/**
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./facts.js").Block} Block
 * @typedef {import("./facts.js").Row} Row
 * @typedef {import("./kinds.js").Kind} Kind
 * @typedef {{key: string, row: Row | null, kind: Kind, shape: readonly number[], centre: number, title: string, detail: string}} Step
 */

const ACROSS = 4.6;
const ROOM = 130;
const TOP = 22;
const LEAST_STEP = 118;
const LABELS = 54;

/** @param {string} prefix */
export function createInside(prefix) {
  const outline = s("path", { class: "outline" });
  const [arrows, arcs, maps, labels] = ["arrows", "arcs", "maps", "block-labels"].map((name) => s("g", { class: name }));
  if (!arrows || !arcs || !maps || !labels) throw new Error("unreachable");
  const arrow = s("path");
  arrows.append(arrow);
  const arc = s("path");
  arcs.append(arc);
  const picture = s("svg", { class: "plot inside", role: "img", "aria-label": "Layers of the block" },
    createPatterns(prefix), arrows, maps, outline, arcs, labels);
  const element = h("div", { class: "inside-scroll", role: "region", tabindex: 0, "aria-label": "Layers of the block, drawn" }, picture);
  let middle = 0;
  let up = 1;

  const drawMaps = keyed(
    maps,
    (/** @type {Step} */ step) => step.key,
    ({ row, key }) => row !== null && isSign(row)
      ? s("g", { class: "sign-large", "data-row": key }, s("circle", { r: 11, class: "sign" }),
          s("path", { class: "sign", d: row.operator === "add" ? "M-6 0H6M0 -6V6" : "M-4 -4L4 4M-4 4L4 -4" }))
      : s("rect", { class: row === null ? "map map-input" : "map", "data-row": key }),
    (node, { row, kind, shape, centre }) => {
      if (node instanceof SVGRectElement) {
        const [width, height] = [Math.max(3, ACROSS * Math.sqrt(sideOf(shape))), heightOf(shape, up)];
        if (row !== null) setAttribute(node, "fill", fillOf(prefix, kind, width));
        place(node, centre - width / 2, middle - height / 2, width, height);
      } else setAttribute(node, "transform", `translate(${round(centre)} ${round(middle)})`);
    },
  );
  const drawLabels = keyed(
    labels,
    (/** @type {Step} */ step) => step.key,
    () => s("g", null, s("text", { class: "step-title" }), s("text", { y: 16 }), s("text", { y: 32, class: "block-channels" })),
    (node, { title, detail, shape, centre }) => {
      const [first, second, third] = /** @type {any} */ (node.children);
      setAttribute(node, "transform", `translate(${round(centre)} ${round(middle + ROOM / 2 + 22)})`);
      setText(first, fit(title, LEAST_STEP, 6.6));
      setText(second, fit(detail, LEAST_STEP + 4, 6));
      setText(third, sizeText(shape));
    },
  );

  return {
    element,
    /** @param {Block} block @param {Facts} facts */
    update(block, { rows, before }) {
      const own = block.rows.flatMap((index) => rows[index] ?? []);
      const outlineRows = block.rows.flatMap((index) => before[index] ?? []);
      up = chooseUp(outlineRows.length > 0 ? outlineRows : own, ROOM);
      const tallest = Math.max(ROOM, ...own.map((row) => heightOf(row.output, up)), heightOf(block.input, up));
      middle = TOP + tallest / 2;
      const kinds = kindsOf(rows);
      const steps = listSteps(block, own, block.rows.map((index) => kinds[index] ?? "other"));
      const width = (steps.at(-1)?.centre ?? 0) + LEAST_STEP / 2;
      const height = TOP + tallest + LABELS + 10;
      setAttribute(picture, "width", Math.ceil(width));
      setAttribute(picture, "height", Math.ceil(height));
      setAttribute(picture, "viewBox", `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`);
      drawMaps(steps);
      drawLabels(steps);
      setAttribute(labels, "transform", `translate(0 ${round((tallest - ROOM) / 2)})`);
      const isOutline = own.every((row, index) => row === outlineRows[index]);
      setAttribute(outline, "d", isOutline ? "" : ghostOf(steps, outlineRows, middle, up));
      setAttribute(arrow, "d", arrowsOf(steps, middle));
      setAttribute(arc, "d", arcInside(steps, block, middle, up));
    },
    /** @param {string | null} name */
    mark(name) {
      for (const node of maps.children) node.classList.toggle("is-hovered", node.getAttribute("data-row") === name);
    },
  };
}

/**
 * @param {Block} block
 * @param {Row[]} rows
 * @param {Kind[]} kinds
 * @returns {Step[]}
 */
function listSteps(block, rows, kinds) {
  let x = 0;
  return [null, ...rows].map((row, index) => {
    const kind = kinds[index - 1] ?? "other";
    const shape = row?.output ?? block.input;
    const width = Math.max(LEAST_STEP, ACROSS * Math.sqrt(sideOf(shape)) + 40);
    x += width;
    const name = row === null ? "input" : row.name.startsWith(`${block.name}.`) ? row.name.slice(block.name.length + 1) : row.name;
    const operator = row === null ? "" : operatorText(row);
    const detail = operator.startsWith(`${name} `) ? operator.slice(name.length + 1) : operator;
    return { key: row?.name ?? "", row, kind, shape, centre: x - width / 2, title: name, detail: detail === name ? "" : detail };
  });
}

/** The outlines of the layers at the reference. @param {Step[]} steps @param {Row[]} rows @param {number} middle @param {number} up */
function ghostOf(steps, rows, middle, up) {
  return rows.map((row) => {
    const centre = steps.find((step) => step.row?.name === row.name)?.centre;
    if (centre === undefined || isSign(row)) return "";
    const [width, height] = [Math.max(3, ACROSS * Math.sqrt(sideOf(row.output))), heightOf(row.output, up)];
    return `M${round(centre - width / 2)} ${round(middle - height / 2)}h${round(width)}v${round(height)}h${-round(width)}z`;
  }).join("");
}

/** @param {Step} step @param {number} direction */
function edgeOf({ row, shape, centre }, direction) {
  const half = row !== null && isSign(row) ? 11 : Math.max(3, ACROSS * Math.sqrt(sideOf(shape))) / 2;
  return centre + direction * (half + 6);
}

/** @param {Step[]} steps @param {number} middle */
function arrowsOf(steps, middle) {
  return steps.slice(1).map((step, index) => {
    const [from, to] = [edgeOf(/** @type {Step} */ (steps[index]), 1), edgeOf(step, -1)];
    return `M${round(from)} ${round(middle)}H${round(to)}M${round(to - 4)} ${round(middle - 4)}L${round(to)} ${round(middle)}L${round(to - 4)} ${round(middle + 4)}`;
  }).join("");
}

/** @param {Step[]} steps @param {Block} block @param {number} middle @param {number} up */
function arcInside(steps, block, middle, up) {
  const sum = steps.findIndex(({ row }) => row?.operator === "add");
  const [first, last] = [steps[0], steps[sum]];
  if (sum < 2 || first === undefined || last === undefined) return "";
  const between = steps.slice(0, sum).map(({ shape }) => middle - heightOf(shape, up) / 2);
  return arcPath([first.centre, middle - heightOf(block.input, up) / 2], [last.centre, middle - 12], Math.min(...between) - 12);
}
