/** The two sliders, which stay in sight, and the totals in short while the large ones are not. */

import { parseNumber, parseResolution } from "../state/quantity.js";
import { h, setText } from "../ui/dom.js";
import { formatAlpha, formatCount, formatResolution } from "../ui/format.js";
import { createSlider } from "../ui/slider.js";
import { findResolutionSteps } from "./resolutions.js";

/** The slider ends at this alpha, or a bit above the largest published one; the field takes larger ones. */
const LEAST_END = 1.5;
const BEYOND = 1.1;

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createControls({ engine, store }) {
  const alpha = createSlider({
    id: "alpha",
    label: "Width multiplier",
    symbol: "\u03b1",
    entryLabel: "Width multiplier, any number",
    spell: formatAlpha,
    describe: formatAlpha,
    onChange: (value) => void store.update({ alpha: value }),
    onEntry: (text) => attempt(() => store.update({ alpha: parseNumber(text) })),
  });
  const resolution = createSlider({
    id: "resolution",
    label: "Resolution",
    symbol: "px",
    entryLabel: "Resolution in pixels, N or HEIGHTxWIDTH",
    spell: String,
    describe: (value) => `${value} by ${value} pixels`,
    onChange: (value) => void store.update({ resolution: [value, value] }),
    onEntry: (text) => attempt(() => store.update({ resolution: parseResolution(text) })),
  });
  const name = h("span", { class: "sum-name" });
  const macs = h("span", { class: "sum-count" });
  const params = h("span", { class: "sum-count" });
  const sum = h(
    "p",
    { class: "controls-sum", "aria-hidden": "true" },
    name,
    h("span", null, macs, " mult-adds"),
    h("span", null, params, " params"),
  );
  const element = h(
    "section",
    { class: "controls", "aria-label": "Width and resolution" },
    h("div", { class: "controls-inner" }, alpha.element, resolution.element, sum),
  );
  const scales = createScales(engine);
  watchTotals(element);
  return {
    element,
    update(state) {
      const isFixed = engine.find(state.network).fixed !== undefined;
      alpha.update(scales.alpha(state), state.alpha, formatAlpha(state.alpha), isFixed);
      const shown = formatResolution(state.resolution);
      const note = describeRho(state.resolution, engine.find(state.network).resolution);
      resolution.update(scales.resolution(state), state.resolution[0], shown, isFixed, note);
      const totals = engine.totals(state);
      setText(name, `${state.network}@${formatAlpha(state.alpha)}/${shown}`);
      setText(macs, formatCount(totals.mult_adds));
      setText(params, formatCount(totals.params));
    },
  };
}

/**
 * The resolution multiplier, which scales the network's own resolution; nothing if height and width differ in it.
 * @param {readonly [number, number]} resolution
 * @param {readonly [number, number]} own
 */
function describeRho(resolution, own) {
  const [rho, other] = [resolution[0] / own[0], resolution[1] / own[1]];
  return rho === other ? `\u03c1 = ${Number(rho.toFixed(3))}` : "";
}

/**
 * What the sliders offer, once per network and implementation.
 * @param {import("../state/state.js").Engine} engine
 */
function createScales(engine) {
  /** @type {Map<string, import("../ui/slider.js").Scale>} */
  const known = new Map();
  /**
   * @param {string} key
   * @param {() => import("../ui/slider.js").Scale} make
   */
  function keep(key, make) {
    const scale = known.get(key) ?? make();
    known.set(key, scale);
    return scale;
  }
  return {
    /** @param {import("../state/state.js").State} state */
    alpha: ({ network, implementation }) =>
      keep(JSON.stringify(["alpha", network, implementation]), () => {
        const { alphas, fixed } = engine.find(network);
        if (fixed !== undefined) return { steps: alphas, marks: [] };
        const most = Math.max(LEAST_END, ...alphas.map((alpha) => alpha * BEYOND));
        const steps = engine.steps(network, implementation).filter((step) => step <= most);
        return { steps: merge(steps, alphas), marks: merge(alphas, []) };
      }),
    /** @param {import("../state/state.js").State} state */
    resolution: (state) =>
      keep(JSON.stringify(["resolution", state.network, state.implementation]), () => {
        const { resolutions, resolution, fixed } = engine.find(state.network);
        if (fixed !== undefined) return { steps: [resolution[0]], marks: [] };
        const marks = merge(resolutions, resolution[0] === resolution[1] ? [resolution[0]] : []);
        return { steps: merge(findResolutionSteps(engine, state), marks), marks };
      }),
  };
}

/**
 * All values of two lists, ascending, each once.
 * @param {readonly number[]} first
 * @param {readonly number[]} second
 */
function merge(first, second) {
  return [...new Set([...first, ...second])].sort((one, other) => one - other);
}

/**
 * @param {() => string | null} work
 * @returns {string | null} What is wrong, in one line.
 */
export function attempt(work) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

/**
 * Tell the style sheet whether the large totals are in sight: the short ones are then not needed.
 * @param {HTMLElement} element
 */
function watchTotals(element) {
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting } of entries) element.classList.toggle("is-above-totals", isIntersecting);
  });
  requestAnimationFrame(() => {
    const totals = document.querySelector(".totals .stat");
    if (totals !== null) observer.observe(totals);
  });
}
