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
 * @property {number} params the weights only, as in the paper
 * @property {[number, number]} rho the resolution multipliers of height and width
 * @property {{mult_adds: Print, params: Print} | null} printed what the paper prints, if it prints this form
 */
/** @typedef {{text: string, rounding: string}} Print */
/** @typedef {{mult_adds: number, params: number, bank: Bank}} Counted a layer with its filters */
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
  const rho = divideSides(state.resolution, own);
  /** @type {Form[]} */
  const described = [];
  let problem = null;
  for (const [index, setting] of settings.entries()) {
    problem = map.includes(0) && index === 3 ? `This leaves nothing of a ${feature}x${feature} map.` : engine.check(setting);
    if (problem !== null) break;
    const names = index === 0 ? rows.standard : rows.separable;
    const layers = engine.costs(setting).rows.filter(({ name }) => names.includes(name));
    const form = makeForm(index, layers.map((layer) => ({ ...layer, bank: makeBank(layer) })), state.alpha, rho);
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
 * @param {readonly number[]} own
 * @returns {[number, number]}
 */
function divideSides([height, width], own) {
  return [height / own[0], width / own[1]];
}

/** The titles of the forms, and what scales them. */
const TITLES = /** @type {const} */ ([
  ["standard", "Standard convolution"],
  ["separable", "Depthwise separable"],
  ["alpha", "\u2026 with"],
  ["rho", "\u2026 and"],
]);

/**
 * @param {number} index
 * @param {Counted[]} layers
 * @param {number} alpha
 * @param {[number, number]} rho
 * @returns {Form}
 */
function makeForm(index, layers, alpha, rho) {
  const [key, title] = TITLES[index];
  const rhos = [...new Set(rho.map((side) => String(Number(side.toFixed(3)))))].join(" \u00d7 ");
  return {
    key,
    title,
    scale: key === "alpha" ? `\u03b1 = ${alpha}` : key === "rho" ? `\u03c1 = ${rhos}` : null,
    banks: layers.map(({ bank }) => bank),
    mult_adds: sum(layers.map((layer) => layer.mult_adds)),
    params: sum(layers.map((layer) => layer.params)),
    rho,
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
 * The layers around the depthwise layer of a block, and the dense convolution that they replace, as
 * `mbcost compare standard-vs-dws NET` has them; null if the block has no depthwise layer.
 * @param {Engine} engine
 * @param {State} state
 * @param {string} name
 * @returns {Layer | null}
 */
function describeBlock(engine, state, name) {
  const network = engine.find(state.network);
  const setting = { ...state, convention: "macs" };
  const own = /** @type {[number, number]} */ ([...network.resolution]);
  const full = { ...setting, alpha: 1, resolution: own };
  const isFixed = network.fixed || engine.check(full) !== null;
  const first = findReplaced(engine, isFixed ? setting : full, name);
  if (first === null) return null;
  const settings = isFixed ? [setting] : [full, { ...setting, resolution: own }, setting];
  const rho = divideSides(state.resolution, own);
  const described = [makeForm(0, [first.standard], state.alpha, rho)];
  let problem = null;
  for (const [index, at] of settings.entries()) {
    problem = engine.check(at);
    const replaced = problem === null ? findReplaced(engine, at, name) : null;
    if (replaced === null) break;
    described.push(makeForm(index + 1, replaced.separable, state.alpha, rho));
  }
  return {
    title: `Block ${name} of ${network.title}`,
    isPapers: false,
    forms: described,
    formula: first.formula,
    ratio: fraction(described[1].mult_adds, described[0].mult_adds),
    problem,
    note: null,
  };
}

/**
 * @param {Engine} engine
 * @param {State} setting
 * @param {string} name
 */
function findReplaced(engine, setting, name) {
  const replaced = engine.standard(setting, name);
  if (replaced === null) return null;
  const { rows } = engine.costs(setting);
  const position = replaced.rows.findIndex((index) => rows[index].name === `${name}.depthwise`);
  const depthwise = rows[replaced.rows[position]];
  const separable = replaced.rows.map((index) => countLayer(engine, setting, index, rows[index]));
  const isFirst = position === 0 && separable.length > 1;
  if (!isFirst) separable[position].bank = turn(separable[position].bank);
  const { kernel, inputs, outputs, mult_adds, weights } = replaced;
  /** @type {Bank} */
  const bank = { kind: "dense", kernel, inputs, outputs, map: [depthwise.output[0], depthwise.output[1]] };
  const order = isFirst ? "depthwise first" : separable.length === 1 ? "depthwise alone" : "pointwise first";
  return {
    separable,
    standard: { bank, mult_adds, params: weights },
    formula: writeFormula(bank, depthwise.input[0] * depthwise.input[1], order),
  };
}

/**
 * The ratio of the V1 paper, or what it becomes where the pointwise layer comes first.
 * @param {Bank} dense
 * @param {number} read positions of the input map
 * @param {"depthwise first" | "depthwise alone" | "pointwise first"} order
 * @returns {Layer["formula"]}
 */
function writeFormula({ kernel, inputs, outputs, map }, read, order) {
  const area = kernel[0] * kernel[1];
  if (order === "depthwise first") {
    const value = add(fraction(1, outputs), fraction(1, area));
    return { letters: "1/N + 1/K\u00b2", terms: `1/${outputs} + 1/${area}`, value };
  }
  if (order === "depthwise alone") return { letters: "1/M", terms: `1/${inputs}`, value: fraction(1, inputs) };
  const written = map[0] * map[1];
  const value = add(fraction(1, inputs), fraction(read, written * area));
  if (read === written) return { letters: "1/M + 1/K\u00b2", terms: `1/${inputs} + 1/${area}`, value };
  return { letters: "1/M + (D/D\u2032)\u00b2/K\u00b2", terms: `1/${inputs} + (${read}/${written})/${area}`, value };
}

/**
 * @param {Engine} engine
 * @param {State} setting
 * @param {number} index
 * @param {Row} row
 * @returns {Counted}
 */
function countLayer(engine, setting, index, row) {
  const { value, weights } = /** @type {NonNullable<ReturnType<Engine["formula"]>>} */ (engine.formula(setting, index));
  return { mult_adds: value, params: weights, bank: makeBank(row) };
}

/**
 * The factors of a bank's weights or mult-adds, without those that are 1.
 * @param {Bank} bank
 * @param {boolean} withMap whether the positions of the map are factors, as they are of mult-adds
 * @returns {number[][]} what is written together, such as the sides of the kernel
 */
export function listFactors({ kernel, inputs, outputs, map }, withMap) {
  const channels = [inputs, outputs].filter((channels) => channels > 1).map((channels) => [channels]);
  const factors = [...(kernel[0] * kernel[1] > 1 ? [kernel] : []), ...(channels.length > 0 ? channels : [[1]])];
  return withMap ? [...factors, map] : factors;
}

/**
 * A depthwise layer after the expansion has one filter per output of the dense convolution.
 * @param {Bank} bank
 * @returns {Bank}
 */
function turn(bank) {
  return { ...bank, inputs: bank.outputs, outputs: bank.inputs };
}
