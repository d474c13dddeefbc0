/** The parts of the network's picture: each is drawn from a list, and keeps its nodes from one setting to the next. */

import { keyed, setAttribute, setText } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { listSizes } from "./columns.js";
import { fillOf, isSign, kindsOf } from "./kinds.js";
import { arcsOf, fit, itemOf, listGuides, outlineOf, place, round } from "./shapes.js";
import { heightOf, sideOf } from "./columns.js";
import { GUTTER } from "./track.js";

/**
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./columns.js").Layout} Layout
 * @typedef {import("./shapes.js").MapItem} MapItem
 * @typedef {{up: number, plot: number, width: number}} Frame The scale of channels, and the height and width of the plot.
 */

const TOP = 24;
const LABELS = 66;
const PLUS = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M-2.2 0H2.2M0 -2.2V2.2";
const CROSS = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M-1.6 -1.6L1.6 1.6M-1.6 1.6L1.6 -1.6";

/** @param {Element} group @param {string} prefix */
function createMaps(group, prefix) {
  return keyed(
    group,
    (/** @type {MapItem & {kind: import("./kinds.js").Kind}} */ item) => item.row.name,
    () => s("rect", { class: "map" }),
    (node, { kind, x, y, width, height }) => {
      setAttribute(node, "fill", fillOf(prefix, kind, width));
      place(node, x, y, width, height);
    },
  );
}

/** @param {Element} group */
function createSigns(group) {
  return keyed(
    group,
    (/** @type {MapItem} */ item) => `${item.row.name} ${item.row.operator}`,
    ({ row }) => s("path", { class: "sign", d: row.operator === "add" ? PLUS : CROSS }),
    (node, { x, y, width }) => setAttribute(node, "transform", `translate(${round(x + width / 2)} ${round(y)})`),
  );
}

/** @param {Element} group */
function createArcs(group) {
  return keyed(
    group,
    (/** @type {{name: string, d: string}} */ arc) => arc.name,
    () => s("path"),
    (node, { d }) => setAttribute(node, "d", d),
  );
}

/** @param {Element} group */
function createLabels(group) {
  return keyed(
    group,
    (/** @type {import("./columns.js").Slot} */ slot) => slot.block.name,
    () => s("g", null, s("text", { class: "block-name" }), s("text", { class: "block-channels", y: 15 })),
    (node, { x, width, block }) => {
      setAttribute(node, "transform", `translate(${round(x + width / 2)} 0)`);
      const channels = String(block.output[2]);
      setText(/** @type {Element} */ (node.firstChild), fit(block.name, width));
      setText(/** @type {Element} */ (node.lastChild), channels.length * 6.2 < width ? channels : "");
    },
  );
}

/** @param {Element} group */
function createSizes(group) {
  return keyed(
    group,
    (/** @type {{x: number, width: number, size: string, index: number}} */ item) => String(item.index),
    () => s("g", null, s("path"), s("text", { y: 14 })),
    (node, { x, width, size }) => {
      setAttribute(node, "transform", `translate(${round(x)} 0)`);
      setAttribute(/** @type {Element} */ (node.firstChild), "d", `M.5 -4V0H${round(width - 0.5)}V-4`);
      setAttribute(/** @type {Element} */ (node.lastChild), "x", round(width / 2));
      setText(/** @type {Element} */ (node.lastChild), size.length * 6 < width + 4 ? size : "");
    },
  );
}

/** @param {Element} lines @param {Element} labels */
function createGuides(lines, labels) {
  const path = s("path");
  lines.append(path);
  const drawLabels = keyed(
    labels,
    (/** @type {{channels: number, y: number}} */ guide) => String(guide.channels),
    ({ channels }) => s("text", { x: GUTTER - 10, dy: "0.35em" }, String(channels)),
    (node, { y }) => setAttribute(node, "y", round(y)),
  );
  return (/** @type {Frame} */ { up, plot, width }) => {
    const middle = TOP + plot / 2;
    const guides = listGuides(up, plot);
    const heights = guides.flatMap(({ height }) => [middle - height / 2, middle + height / 2]);
    setAttribute(path, "d", heights.map((y) => `M-4 ${round(y)}H${round(width)}`).join(""));
    drawLabels(guides.map(({ channels, height }) => ({ channels, y: middle - height / 2 })));
  };
}

/**
 * Make the drawing of a network.
 * @param {SVGGElement} body
 * @param {SVGGElement} axis
 * @param {string} prefix That of the patterns.
 */
export function createDrawing(body, axis, prefix) {
  const [guides, labels, sizes, guideLabels] = ["guides", "block-labels", "sizes", "guide-labels"].map((name) => s("g", { class: name }));
  const [maps, signs, arcs] = ["maps", "signs", "arcs"].map((name) => s("g", { class: name }));
  if (!guides || !labels || !sizes || !guideLabels || !maps || !signs || !arcs) throw new Error("unreachable");
  const outline = s("path", { class: "outline" });
  const image = s("rect", { class: "map map-input" });
  const imageLabel = s("g", { class: "block-labels" }, s("text", { class: "block-name" }, "input"), s("text", { class: "block-channels", y: 15 }));
  body.append(guides, maps, image, outline, arcs, signs, labels, imageLabel, sizes);
  const lines = s("g", { class: "guide-labels" }, ...["block", "channels", "map"].map((text, index) =>
    s("text", { x: GUTTER - 10, y: [0, 15, 42][index] }, text)));
  axis.append(guideLabels, s("text", { class: "axis-title", x: GUTTER - 10, y: 12 }, "channels"), lines);
  const draw = {
    maps: createMaps(maps, prefix), signs: createSigns(signs), arcs: createArcs(arcs), labels: createLabels(labels),
    sizes: createSizes(sizes), guides: createGuides(guides, guideLabels),
  };
  /** @type {Element | null} */
  let marked = null;
  return {
    /**
     * Draw a network. It returns the height of the whole picture.
     * @param {Facts} facts
     * @param {Layout} layout
     * @param {Frame} frame
     */
    update({ rows, blocks, outline: { rows: reference }, before }, layout, frame) {
      const { up, plot } = frame;
      const middle = TOP + plot / 2;
      const kinds = kindsOf(rows);
      const items = rows.map((row, index) => ({ ...itemOf(row, layout, index, up, middle, plot), kind: kinds[index] ?? "other" }));
      draw.guides(frame);
      draw.maps(items.filter(({ row }) => !isSign(row)));
      draw.signs(items.filter(({ row }) => isSign(row)));
      draw.arcs(arcsOf(blocks, layout, items, up, middle));
      setAttribute(outline, "d", rows === reference ? "" : outlineOf(before, layout, up, middle, plot));
      drawInput(rows[0]?.input ?? [1, 1, 1], layout, up, middle);
      const below = Math.round(TOP + plot + 18);
      for (const node of [labels, lines]) setAttribute(node, "transform", `translate(0 ${below})`);
      setAttribute(imageLabel, "transform", `translate(${round(layout.input.centre)} ${below})`);
      setAttribute(sizes, "transform", `translate(0 ${below + 28})`);
      draw.labels(layout.slots);
      draw.sizes(listSizes(layout, rows).map((run, index) => ({ ...run, index })));
      return TOP + plot + LABELS;
    },
    /** Mark the map of a row, or none. @param {Facts} facts @param {string | null} name */
    mark({ rows }, name) {
      marked?.classList.remove("is-hovered");
      const drawn = rows.filter((row) => !isSign(row)).findIndex((row) => row.name === name);
      const sign = rows.filter(isSign).findIndex((row) => row.name === name);
      marked = maps.children[drawn] ?? signs.children[sign] ?? null;
      marked?.classList.add("is-hovered");
    },
  };

  /** @param {readonly number[]} shape @param {Layout} layout @param {number} up @param {number} middle */
  function drawInput(shape, layout, up, middle) {
    const [width, height] = [layout.acrossScale * Math.sqrt(sideOf(shape)), heightOf(shape, up)];
    place(image, layout.input.centre - width / 2, middle - height / 2, width, height);
    setText(/** @type {Element} */ (imageLabel.lastChild), String(shape[2]));
  }
}
