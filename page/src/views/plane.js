/** The plane of alpha and resolution: a heat map of a cost, lines of equal cost, checkpoints, and the setting as a cross. */

import { h, setAttribute, setText } from "../ui/dom.js";
import { formatResolution } from "../ui/format.js";
import { tooltip } from "../ui/tooltip.js";
import { settingOf } from "./facts.js";
import { isInside, resolutionOf, scalesOf, settingAt, sideOf, SIDE_STEP, windowOf } from "./frame.js";
import { createPlaneDrawing } from "./planeDrawing.js";
import { QUANTITIES, spellingOf, totalOf } from "./quantities.js";
import { sampleGrid } from "./sampling.js";
import { neighbour } from "./scales.js";

/**
 * @typedef {import("./facts.js").Context} Context
 * @typedef {import("./facts.js").State} State
 * @typedef {import("./frame.js").Window} Window
 * @typedef {import("./heat.js").Grid} Grid
 */

const COLUMNS = 65;
const ROWS = 49;
const KEPT = 24;
/** The width of the picture while the browser skips it, since it is far from what is seen. */
const UNSEEN = 900;

/** @param {Context} context */
export function createPlane(context) {
  const { engine, store } = context;
  const drawing = createPlaneDrawing();
  const handle = h("div", { class: "plane-handle", role: "slider", tabindex: 0, "aria-label": "Setting in the plane: left and right change alpha, up and down the resolution" });
  const surface = h("div", { class: "plane-surface" });
  const stage = h("div", { class: "plane-stage" }, drawing.picture, surface, handle);
  const readout = h("p", { class: "readout" });
  const zoom = h("button", { type: "button", class: "plane-zoom", onclick: () => { isWhole = !isWhole; update(store.state); } });
  const fixed = h("p", { class: "plot-note", hidden: true }, "A file of a model has one width and one resolution, so there is no plane to show.");
  const released = h("span", null, "Points are released checkpoints. ");
  const hint = h("p", { class: "plot-note" }, released,
    h("span", { class: "plane-keys" }, "Arrow keys move the cross: left and right α, up and down the resolution; with Shift, to published α and by single pixels."));
  const element = h("section", { class: "view view-plane" }, h("div", { class: "view-bar" }, readout, zoom), stage, hint, fixed);
  const heat = createStore();
  const light = createStore();
  let isWhole = false;
  let network = "";
  let width = UNSEEN;
  /** @type {{scales: ReturnType<typeof scalesOf>, window: Window, info: any, steps: number[], state: any} | null} */
  let shown = null;

  new ResizeObserver(() => {
    const room = Math.floor(stage.clientWidth);
    if (room === width || room === 0) return;
    width = room;
    update(store.state);
  }).observe(stage);

  /** @param {{alpha: number, side: number}} target */
  function move({ alpha, side }) {
    if (shown !== null) store.update({ alpha, resolution: resolutionOf(shown.info.resolution, side) });
  }

  /** @param {MouseEvent} event */
  function targetOf(event) {
    if (shown === null) return null;
    const { scales, window, info, steps } = shown;
    const box = drawing.picture.getBoundingClientRect();
    return settingAt(scales, { x: event.clientX - box.left, y: event.clientY - box.top }, {
      alphas: info.alphas, sides: info.resolutions.map((/** @type {any} */ side) => sideOf(side, info.resolution)), steps, window,
    });
  }

  for (const node of [surface, handle]) {
    node.addEventListener("pointerdown", (event) => {
      const isDrag = node === handle || event.pointerType !== "touch";
      if (event.button !== 0 || !isDrag) return;
      event.preventDefault();
      node.setPointerCapture(event.pointerId);
      handle.focus({ preventScroll: true });
      const target = node === surface ? targetOf(event) : null;
      if (target !== null) move(target);
    });
    node.addEventListener("pointermove", (event) => {
      const target = targetOf(event);
      if (target === null) return;
      if (node.hasPointerCapture(event.pointerId)) move(target);
      else if (event.pointerType !== "touch") tell(target, event);
    });
    node.addEventListener("pointerleave", () => tooltip().hide());
  }
  surface.addEventListener("click", (event) => {
    const target = targetOf(event);
    if (target !== null) move(target);
  });
  handle.addEventListener("keydown", (event) => {
    if (shown === null) return;
    // Keys can come faster than frames: the state counts, not what is drawn of it.
    const target = keyTarget(event, { ...shown, state: store.state });
    if (target === null) return;
    event.preventDefault();
    move(target);
  });

  /** Show the cost at a position. @param {{alpha: number, side: number}} target @param {MouseEvent} event */
  function tell({ alpha, side }, event) {
    if (shown === null) return;
    const { state, info } = shown;
    const total = costAt(state, alpha, resolutionOf(info.resolution, side));
    tooltip().show([
      h("div", null, `α ${alpha}, ${formatResolution(resolutionOf(info.resolution, side))}`),
      h("div", null, Number.isFinite(total) ? spellingOf(state.quantity).exact(total) : "not possible"),
      ...releasedAt(state, info, alpha, side).map((text) => h("div", null, text)),
    ], { x: event.clientX, y: event.clientY });
  }

  /** @param {State} state @param {number} alpha @param {[number, number]} resolution */
  function costAt(state, alpha, resolution) {
    const setting = { ...settingOf(state), alpha, resolution };
    try {
      return totalOf(engine, setting, state);
    } catch (error) {
      if (error instanceof RangeError) return NaN;
      throw error;
    }
  }

  /** The network of a state, with the range of its implementation. @param {State} state */
  function describe({ network, implementation }) {
    const info = engine.find(network);
    const { alpha_range = [1, 1], most_resolution = Infinity } = info.implementations?.[implementation] ?? {};
    return { ...info, alpha_range, most_resolution };
  }

  /** @param {State} state */
  function update(state) {
    const info = describe(state);
    const isFixed = Boolean(info.fixed);
    for (const node of [stage, hint, zoom]) node.hidden = isFixed;
    fixed.hidden = !isFixed;
    setText(readout, sentence(state, info));
    if (isFixed) return;
    const key = `${state.network} ${state.implementation}`;
    if (key !== network) [network, isWhole] = [key, false];
    const side = sideOf(state.resolution, info.resolution);
    const isOutside = !isInside(windowOf(info, false), state.alpha, side);
    if (isOutside) isWhole = true;
    zoom.disabled = isOutside;
    const window = windowOf(info, isWhole);
    const plot = drawing.resize(width);
    const scales = scalesOf(window, plot);
    shown = { scales, window, info, steps: engine.steps(state.network, state.implementation), state };
    setText(zoom, isWhole ? "Show the published range" : "Show the whole range");
    const checkpoints = engine.checkpoints(state.network, state.implementation);
    released.hidden = checkpoints.length === 0;
    drawing.update({ info, window, scales, plot, state, checkpoints });
    drawHeat(state, window);
    drawLight(state, window);
    placeHandle(state, side, scales);
  }

  /** @param {State} state @param {number} side @param {ReturnType<typeof scalesOf>} scales */
  function placeHandle(state, side, scales) {
    const [x, y] = [scales.x.to(state.alpha), scales.y.to(side)];
    drawing.cross(x, y);
    handle.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    setAttribute(handle, "aria-valuenow", state.alpha);
    setAttribute(handle, "aria-valuemin", shown?.window.alphas[0] ?? 0);
    setAttribute(handle, "aria-valuemax", shown?.window.alphas[1] ?? 1);
    const released = shown === null ? [] : releasedAt(state, shown.info, state.alpha, side);
    setAttribute(handle, "aria-valuetext", [readout.textContent, ...released].join("; "));
  }

  /**
   * What is known of released checkpoints at a setting.
   * @param {State} state
   * @param {any} info
   * @param {number} alpha
   * @param {number} side
   */
  function releasedAt(state, info, alpha, side) {
    return engine.checkpoints(state.network, state.implementation)
      .filter((point) => point.alpha === alpha && Math.round(sideOf(point.resolution, info.resolution)) === Math.round(side))
      .map(({ top1, recipe }) => `released checkpoint (${recipe}): ${top1}% top-1`);
  }

  /** @param {State} state @param {any} info */
  function sentence(state, info) {
    const title = QUANTITIES.find(([name]) => name === state.quantity)?.[1] ?? "";
    const total = costAt(state, state.alpha, state.resolution);
    const cost = state.quantity === "memory" ? `${spellingOf("memory").exact(total)} of ${title}` : spellingOf(state.quantity).exact(total);
    return `${info.title}, α ${state.alpha}, ${formatResolution(state.resolution)}: ${cost}`;
  }

  /** @param {State} state @param {Window} window */
  function drawHeat(state, window) {
    const { network, implementation, classes, convention, quantity } = state;
    const memory = quantity === "memory" ? [state.allocator, state.dtype] : [];
    const key = JSON.stringify([network, implementation, classes, convention, quantity, memory, window]);
    const at = nodesOf(window, engine.find(network).resolution);
    heat.show(key, (x, y) => costAt(state, at.alpha(x), at.resolution(y)), (grid) => drawing.heat(key, grid, spellingOf(quantity)));
  }

  /** @param {State} state @param {Window} window */
  function drawLight(state, window) {
    const lit = context.budget?.lit;
    const isLimited = lit !== undefined && Object.values(state.budget ?? {}).some((limit) => limit !== null);
    if (!isLimited) {
      light.stop();
      drawing.shadow("", null);
      return;
    }
    const { network, implementation, classes, convention, budget, device, dtype, allocator } = state;
    const key = JSON.stringify([network, implementation, classes, convention, budget, device, dtype, allocator, window]);
    const at = nodesOf(window, engine.find(network).resolution);
    light.show(key, (x, y) => Number(lit(at.alpha(x), at.side(y), at.resolution(y))), (grid) => drawing.shadow(key, grid));
  }
  return { element, update, picture: drawing.picture };
}

/** Grids by what they depend on; the newest one is computed, and those before it are kept. */
function createStore() {
  /** @type {Map<string, Grid>} */
  const known = new Map();
  let current = "";
  let stop = () => {};
  return {
    stop() {
      stop();
      current = "";
    },
    /** @param {string} key @param {(x: number, y: number) => number} valueAt @param {(grid: Grid) => void} draw */
    show(key, valueAt, draw) {
      const grid = known.get(key);
      if (grid !== undefined) draw(grid);
      if (key === current) return;
      stop();
      current = key;
      if (grid?.stride === 1) return;
      stop = sampleGrid({
        columns: COLUMNS, rows: ROWS, valueAt,
        onPass(values, stride) {
          if (known.size >= KEPT) known.delete(/** @type {string} */ (known.keys().next().value));
          const made = { values: values.slice(), columns: COLUMNS, rows: ROWS, stride };
          known.set(key, made);
          draw(made);
        },
      });
    },
  };
}

/**
 * What the nodes of the grid mean.
 * @param {Window} window
 * @param {[number, number]} own
 */
function nodesOf({ alphas, sides }, own) {
  const power = (/** @type {readonly [number, number]} */ [low, high], /** @type {number} */ part) => low * (high / low) ** part;
  const side = (/** @type {number} */ y) => Math.round(power(sides, y / (ROWS - 1)));
  return {
    alpha: (/** @type {number} */ x) => Number(power(alphas, x / (COLUMNS - 1)).toFixed(4)),
    side,
    resolution: (/** @type {number} */ y) => resolutionOf(own, side(y)),
  };
}

/**
 * Where a key moves the setting.
 * @param {KeyboardEvent} event
 * @param {{info: any, steps: number[], state: any}} shown
 */
function keyTarget({ key, shiftKey }, { info, steps, state }) {
  const { alpha } = state;
  const side = Math.round(sideOf(state.resolution, info.resolution));
  const step = shiftKey ? 1 : SIDE_STEP;
  const published = [...info.alphas].sort((a, b) => a - b);
  const sides = info.resolutions.map((/** @type {any} */ side) => sideOf(side, info.resolution)).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
  const along = shiftKey ? published : steps;
  const up = shiftKey ? side + 1 : (Math.floor(side / step) + 1) * step;
  const down = shiftKey ? side - 1 : (Math.ceil(side / step) - 1) * step;
  const targets = /** @type {Record<string, {alpha: number, side: number}>} */ ({
    ArrowRight: { alpha: neighbour(along, alpha, 1), side },
    ArrowLeft: { alpha: neighbour(along, alpha, -1), side },
    ArrowUp: { alpha, side: up },
    ArrowDown: { alpha, side: Math.max(1, down) },
    PageUp: { alpha, side: neighbour(sides, side, 1) },
    PageDown: { alpha, side: neighbour(sides, side, -1) },
    Home: { alpha: published[0] ?? alpha, side },
    End: { alpha: published.at(-1) ?? alpha, side },
  });
  return targets[key] ?? null;
}
