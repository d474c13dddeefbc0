/** Bars along the network: one per row, for multiply-adds, params, activations or live memory, under the layer's map. */

import { h, keyed, setAttribute, setText } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { columnAt } from "./columns.js";
import { factsOf } from "./facts.js";
import { createPatterns, fillOf, kindsOf } from "./kinds.js";
import { largestOf, measure, QUANTITIES } from "./quantities.js";
import { axisTop } from "./scales.js";
import { place, round } from "./shapes.js";
import { createTrack, GUTTER, layoutOf } from "./track.js";
import { sizeText } from "./words.js";

/**
 * @typedef {import("./facts.js").Context} Context
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./columns.js").Layout} Layout
 * @typedef {import("./quantities.js").Measured} Measured
 * @typedef {{name: string, kind: import("./kinds.js").Kind, x: number, y: number, width: number, height: number}} Bar
 */

const PREFIX = "bars";
const TOP = 30;
const PLOT = 150;
const BELOW = 8;
const WIDEST = 16;

/** @param {Context} context */
export function createBars(context) {
  const { engine, store } = context;
  const track = createTrack(store, { name: "bars", onResize: () => update(store.state) });
  const drawing = createDrawing(track.body, track.axis);
  track.picture.prepend(createPatterns(PREFIX));
  const controls = createControls(context);
  const readout = h("p", { class: "readout" });
  const slider = h("div", {
    class: "bar-slider", role: "slider", tabindex: 0, "aria-label": "Row of the network", "aria-valuemin": 1,
    "aria-orientation": "horizontal",
  });
  track.overlay.append(slider);
  const element = h("section", { class: "view view-bars" }, h("div", { class: "view-bar" }, controls.element, readout), track.region);
  let shown = /** @type {{facts: Facts, layout: Layout, measured: Measured} | null} */ (null);
  let selected = 0;

  /** @param {number} index */
  function select(index) {
    const rows = shown?.facts.rows ?? [];
    selected = Math.min(rows.length - 1, Math.max(0, index));
    store.hover(rows[selected]?.name ?? null);
  }

  slider.addEventListener("keydown", (event) => {
    const count = shown?.facts.rows.length ?? 0;
    const targets = /** @type {Record<string, number>} */ ({
      ArrowRight: selected + 1, ArrowUp: selected + 1, ArrowLeft: selected - 1, ArrowDown: selected - 1,
      PageUp: selected + 10, PageDown: selected - 10, Home: 0, End: count - 1,
    });
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    select(target);
    const column = shown?.layout.columns[selected];
    if (column === undefined) return;
    const x = column.centre + GUTTER;
    const { region } = track;
    if (x < region.scrollLeft + GUTTER || x > region.scrollLeft + region.clientWidth - 20) region.scrollLeft = x - region.clientWidth / 2;
  });
  slider.addEventListener("focus", () => select(selected));
  slider.addEventListener("blur", () => store.hover(null));
  for (const type of /** @type {const} */ (["pointermove", "pointerdown"])) {
    slider.addEventListener(type, (event) => {
      if (shown !== null) select(columnAt(shown.layout, track.pointerX(event)));
    });
  }
  slider.addEventListener("pointerleave", () => store.hover(null));
  store.onHover(tell);

  /** Say what the marked row has, or else the largest one. @param {string | null} name */
  function tell(name) {
    if (shown === null) return;
    const { facts: { rows }, measured } = shown;
    const marked = rows.findIndex((row) => row.name === name);
    if (marked >= 0) selected = marked;
    const index = marked >= 0 ? marked : measured.peak;
    const row = rows[index];
    drawing.mark(shown, marked);
    if (row === undefined || measured.reason !== null) {
      setText(readout, measured.reason ?? "");
      return;
    }
    const value = measured.values[index] ?? 0;
    const part = measured.isSum && measured.total > 0 ? `, ${((100 * value) / measured.total).toFixed(1)}% of all` : "";
    const head = marked >= 0 ? "" : measured.isSum ? "Largest: " : "Peak: ";
    setText(readout, `${head}${row.name}, ${sizeText(row.output)}: ${measured.exact(value)}${part}`);
    setAttribute(slider, "aria-valuenow", selected + 1);
    setAttribute(slider, "aria-valuetext", `${rows[selected]?.name ?? ""}: ${measured.exact(measured.values[selected] ?? 0)}`);
  }

  /** @param {import("./facts.js").State} state */
  function update(state) {
    const facts = factsOf(context, state);
    const layout = layoutOf(facts, track.room());
    const measured = measure(engine, state, facts);
    shown = { facts, layout, measured };
    controls.update(state);
    setAttribute(slider, "aria-valuemax", facts.rows.length);
    const width = Math.max(layout.width, track.room() - GUTTER - 8);
    track.glide(state);
    track.resize(layout.width, TOP + PLOT + BELOW);
    drawing.update(shown, width);
    tell(store.hovered ?? null);
  }
  return { element, update, picture: track.picture };
}

/** @param {Context} context */
function createControls({ engine, store }) {
  const quantity = h("select", { onchange: () => store.update({ quantity: /** @type {import("./facts.js").State["quantity"]} */ (quantity.value) }) },
    ...QUANTITIES.map(([value, text]) => h("option", { value }, text)));
  const names = /** @type {(string | {name: string})[]} */ (engine.allocators ?? ["naive", "inplace-depthwise", "fused-block"]);
  const allocator = h("select", { onchange: () => store.update({ allocator: allocator.value }) },
    ...names.map((item) => (typeof item === "string" ? item : item.name)).map((name) => h("option", { value: name }, name)));
  const allocatorLabel = h("label", { class: "pick" }, h("span", null, "Allocation model"), allocator);
  return {
    element: h("div", { class: "picks" }, h("label", { class: "pick" }, h("span", null, "Bars show"), quantity), allocatorLabel),
    /** @param {import("./facts.js").State} state */
    update(state) {
      quantity.value = state.quantity;
      allocator.value = state.allocator;
      allocatorLabel.hidden = state.quantity !== "memory";
    },
  };
}

/** @param {SVGGElement} body @param {SVGGElement} axis */
function createDrawing(body, axis) {
  const outline = s("path", { class: "outline" });
  const [grid, bars, ticks] = [s("path"), s("g", { class: "bars" }), s("g", { class: "guide-labels" })];
  const title = s("text", { class: "axis-title axis-title-start", x: 4, y: 12 });
  const peak = s("g", { class: "peak" }, s("path", { d: "M0 0L-4 -7H4Z" }), s("text", { y: -10 }));
  const wash = s("rect", { class: "wash", y: TOP - 6, height: PLOT + 6 });
  body.append(s("g", { class: "guides" }, grid), wash, bars, outline, peak);
  axis.append(ticks, title);
  const drawBars = keyed(
    bars,
    (/** @type {Bar} */ bar) => bar.name,
    () => s("rect", { class: "map" }),
    (node, { kind, x, y, width, height }) => {
      setAttribute(node, "fill", fillOf(PREFIX, kind, width));
      place(node, x, y, width, height);
    },
  );
  const drawTicks = keyed(
    ticks,
    (/** @type {{part: number, text: string}} */ tick) => String(tick.part),
    ({ part }) => s("text", { x: GUTTER - 10, y: TOP + PLOT * (1 - part), dy: "0.35em" }),
    (node, { text }) => setText(node, text),
  );
  return {
    /** @param {{facts: Facts, layout: Layout, measured: Measured}} shown @param {number} width */
    update({ facts: { rows, outline: { rows: reference } }, layout, measured }, width) {
      const { values, before } = measured;
      const kinds = kindsOf(rows);
      const top = axisTop(measured.most, largestOf(values), measured.isBinary);
      const scale = PLOT / top;
      const base = TOP + PLOT;
      setAttribute(grid, "d", [0, 0.25, 0.5, 0.75, 1].map((part) => `M-4 ${base - PLOT * part}H${round(width)}`).join(""));
      drawTicks([0, 0.5, 1].map((part) => ({ part, text: measured.short(top * part) })));
      setText(title, measured.title);
      drawBars(rows.map((row, index) => {
        const [across, height] = [barWidth(layout, index), (values[index] ?? 0) * scale];
        const centre = layout.columns[index]?.centre ?? 0;
        return { name: row.name, kind: kinds[index] ?? "other", x: centre - across / 2, y: base - height, width: across, height };
      }));
      setAttribute(outline, "d", rows === reference || top < measured.most ? "" : before.map((value, index) => {
        const [across, height] = [barWidth(layout, index), value * scale];
        const left = (layout.columns[index]?.centre ?? 0) - across / 2;
        return value > 0 ? `M${round(left)} ${base}V${round(base - height)}h${round(across)}V${base}` : "";
      }).join(""));
      setAttribute(peak, "visibility", measured.peak < 0 ? "hidden" : null);
      const centre = layout.columns[measured.peak]?.centre ?? 0;
      const height = (values[measured.peak] ?? 0) * scale;
      setAttribute(peak, "transform", `translate(${round(centre)} ${round(base - height - 3)})`);
      setAttribute(/** @type {Element} */ (peak.lastChild), "text-anchor", centre > width - 120 ? "end" : centre < 60 ? "start" : "middle");
      setText(/** @type {Element} */ (peak.lastChild), `${measured.isSum ? "" : "peak "}${measured.short(values[measured.peak] ?? 0)}`);
    },
    /** @param {{facts: Facts, layout: Layout}} shown @param {number} index */
    mark({ layout }, index) {
      const column = layout.columns[index];
      setAttribute(wash, "visibility", column === undefined ? "hidden" : "visible");
      if (column === undefined) return;
      const across = Math.max(column.width, barWidth(layout, index));
      setAttribute(wash, "x", round(column.centre - across / 2 - 1));
      setAttribute(wash, "width", round(across + 2));
    },
  };
}

/** @param {Layout} layout @param {number} index */
function barWidth({ columns }, index) {
  return Math.min(WIDEST, Math.max(3, (columns[index]?.width ?? 4) - 1));
}
