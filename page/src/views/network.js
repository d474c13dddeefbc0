/** The network as its maps, to scale, from left to right; every block is a button that opens it. */

import { h, keyed, setAttribute } from "../ui/dom.js";
import { tooltip } from "../ui/tooltip.js";
import { createBlockDetail } from "./block.js";
import { chooseHeights, columnAt } from "./columns.js";
import { createDrawing } from "./drawing.js";
import { factsOf } from "./facts.js";
import { createPatterns } from "./kinds.js";
import { createLegend } from "./legend.js";
import { round } from "./shapes.js";
import { createTrack, GUTTER, layoutOf } from "./track.js";
import { blockText, costliest, rowText } from "./words.js";

/**
 * @typedef {import("./facts.js").Context} Context
 * @typedef {import("./facts.js").Facts} Facts
 * @typedef {import("./columns.js").Layout} Layout
 * @typedef {{name: string, x: number, width: number, label: string}} ButtonItem
 */

const PREFIX = "network";
const SMALL = 600;

/** @param {Context} context */
export function createNetwork(context) {
  const { store } = context;
  const track = createTrack(store, { name: "network", onResize: () => update(store.state) });
  track.picture.prepend(createPatterns(PREFIX));
  const drawing = createDrawing(track.body, track.axis, PREFIX);
  const legend = createLegend(PREFIX);
  const detail = createBlockDetail(context, close);
  const buttons = createButtons(context, detail.element.id, {
    blocks: () => shown?.facts.blocks ?? [],
    onFocus: (block) => store.hover(shown === null ? null : (costliest(shown.facts.rows, block)?.name ?? null)),
  });
  track.overlay.append(buttons.element);
  const element = h("section", { class: "view view-network" }, legend.element, track.region, detail.element);
  let shown = /** @type {{facts: Facts, layout: Layout} | null} */ (null);

  function close() {
    const name = store.state.block;
    store.update({ block: null });
    if (name !== null) buttons.focus(name);
  }

  track.overlay.addEventListener("pointermove", (event) => {
    const row = shown?.facts.rows[columnAt(shown.layout, track.pointerX(event))];
    if (row === undefined) return;
    store.hover(row.name);
    if (event.pointerType === "touch") return;
    tooltip().show(rowText(row).map((line) => h("div", null, line)), { x: event.clientX, y: event.clientY });
  });
  track.overlay.addEventListener("pointerleave", () => {
    store.hover(null);
    tooltip().hide();
  });
  store.onHover((/** @type {string | null} */ name) => {
    if (shown !== null) drawing.mark(shown.facts, name);
  });

  /** @param {import("./facts.js").State} state */
  function update(state) {
    const facts = factsOf(context, state);
    const layout = layoutOf(facts, track.room());
    shown = { facts, layout };
    const room = track.room() < SMALL ? 130 : 190;
    const { up, plot } = chooseHeights([facts], room);
    const width = Math.max(layout.width, track.room() - GUTTER - 8);
    track.glide(state);
    track.resize(layout.width, drawing.update(facts, layout, { up, plot, width }));
    buttons.update(state, layout, facts);
    legend.update(facts);
    detail.update(state, facts);
  }
  return { element, update, picture: track.picture };
}

/**
 * The buttons over the blocks: one of them is in the order of Tab, the arrows move between them.
 * @param {Context} context
 * @param {string} controls The identifier of what they open.
 * @param {{blocks: () => import("./facts.js").Block[], onFocus: (block: import("./facts.js").Block) => void}} options
 */
function createButtons({ store }, controls, { blocks, onFocus }) {
  const element = h("div", { class: "block-buttons", role: "toolbar", "aria-label": "Blocks of the network" });
  let current = "";
  const draw = keyed(
    element,
    (/** @type {ButtonItem} */ item) => item.name,
    ({ name }) => h("button", {
      type: "button", class: "block-button", dataset: { block: name }, "aria-controls": controls,
      onclick: () => store.update({ block: store.state.block === name ? null : name }),
      onfocus: () => select(name),
      onblur: () => store.hover(null),
    }),
    (node, { name, x, width, label }) => {
      node.style.left = `${round(x + GUTTER)}px`;
      node.style.width = `${round(width)}px`;
      setAttribute(node, "aria-label", label);
      setAttribute(node, "aria-expanded", String(store.state.block === name));
      setAttribute(node, "tabindex", name === current ? 0 : -1);
    },
  );

  /** @param {string} name */
  function select(name) {
    const block = blocks().find((block) => block.name === name);
    if (block === undefined) return;
    current = name;
    for (const button of element.children) {
      setAttribute(button, "tabindex", /** @type {HTMLElement} */ (button).dataset["block"] === name ? 0 : -1);
    }
    onFocus(block);
  }

  /** @param {string} name */
  function focus(name) {
    const button = [...element.children].find((button) => /** @type {HTMLElement} */ (button).dataset["block"] === name);
    /** @type {HTMLElement | undefined} */ (button)?.focus();
  }

  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") store.update({ block: null });
    const index = blocks().findIndex((block) => block.name === current);
    const targets = /** @type {Record<string, number>} */ ({
      ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: blocks().length - 1,
    });
    const target = blocks()[targets[event.key] ?? -1];
    if (target === undefined) return;
    event.preventDefault();
    focus(target.name);
  });

  return {
    element,
    focus,
    /** @param {import("./facts.js").State} state @param {Layout} layout @param {Facts} facts */
    update(state, layout, { rows, blocks }) {
      if (!blocks.some((block) => block.name === current)) current = blocks[0]?.name ?? "";
      if (state.block !== null && blocks.some((block) => block.name === state.block)) current = state.block;
      draw(layout.slots.map(({ block, x, width }) => ({ name: block.name, x, width, label: blockText(block, rows) })));
    },
  };
}
