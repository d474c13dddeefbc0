// The eight steps of the tour. Every number in a text is computed when the text is written.

import { NO_BUDGET } from "../../state/state.js";
import { formatCount, formatRatio, formatShort } from "../../ui/format.js";

/** @typedef {import("../../state/state.js").State} State */
/** @typedef {import("../../state/state.js").Engine} Engine */
/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string} target what the step is about, as a selector
 * @property {Omit<State, "tour" | "device">} state
 * @property {(engine: Engine) => string} text two sentences
 * @property {(engine: Engine) => string} attempt what to try
 */

/** What every step starts from, so that it looks the same wherever a reader comes from. */
const START = {
  alpha: 1,
  resolution: /** @type {[number, number]} */ ([224, 224]),
  implementation: "official",
  classes: 1000,
  convention: "macs",
  versus: null,
  block: null,
  quantity: /** @type {const} */ ("mult_adds"),
  allocator: "naive",
  dtype: "int8",
  budget: NO_BUDGET,
};

/** @type {readonly Step[]} */
export const STEPS = [
  {
    title: "A standard convolution",
    target: ".slot-lesson",
    state: { ...START, network: "v1" },
    text: (engine) =>
      "A standard convolution does two things at once: it filters the map with K\u00b7K weights, and it mixes all M input " +
      `channels into each of N outputs. The layer of the V1 paper\u2019s Table 3 takes ${countForm(engine, 0)} mult-adds for this.`,
    attempt: () =>
      "Compare the first picture, which has one box per position of the 3\u00d73 kernel, with the second one: both layers read " +
      "the same map and make the same number of channels.",
  },
  {
    title: "Depthwise separable",
    target: ".slot-lesson",
    state: { ...START, network: "v1", block: "7.1" },
    text: (engine) =>
      "V1 does the two things one after the other: a depthwise layer filters each channel on its own, then a pointwise layer " +
      `mixes the channels at each position. This takes ${countForm(engine, 1)} mult-adds, the part 1/N + 1/K\u00b2 of the ` +
      "standard convolution.",
    attempt: (engine) =>
      "Open the block 1.1 in the picture of the network: there N is smaller, and the layer becomes " +
      `${saving(engine, "1.1")} times cheaper instead of ${saving(engine, "7.1")} times.`,
  },
  {
    title: "The width multiplier \u03b1",
    target: ".view-network .track",
    state: { ...START, network: "v1", alpha: 0.5 },
    text: (engine) =>
      "The width multiplier \u03b1 scales the number of channels of every layer, so that a pointwise layer shrinks with " +
      `\u03b1\u00b2 and a depthwise layer with \u03b1. At \u03b1 = 0.5, V1 takes ${count(engine, "v1", 0.5, 224)} mult-adds ` +
      `instead of ${count(engine, "v1", 1, 224)}: ${ratio(engine, "v1", [0.5, 224], [1, 224])}, not \u00d70.25.`,
    attempt: () => "Move \u03b1. The slider stops only where a number of channels changes, because channels are whole numbers.",
  },
  {
    title: "The resolution multiplier \u03c1",
    target: ".slot-plane",
    state: { ...START, network: "v1", alpha: 0.75, resolution: [160, 160] },
    text: (engine) =>
      "The resolution multiplier \u03c1 scales the height and the width of the image and of every map, so the mult-adds shrink " +
      `with about \u03c1\u00b2 and the params stay what they are. At 160\u00d7160 this V1 takes ` +
      `${ratio(engine, "v1", [0.75, 160], [0.75, 224])} of the mult-adds that it takes at 224\u00d7224.`,
    attempt: () =>
      "Drag the cross along a line: all settings on it cost the same. A narrow network on a large image and a wide network on " +
      "a small one are not equally accurate, and do not need the same memory.",
  },
  {
    title: "The inverted residual",
    target: ".view-network .track",
    state: { ...START, network: "v2", block: "3.2", quantity: "memory" },
    text: () =>
      "A block of V2 is narrow at its ends and wide inside: a pointwise layer expands the channels, a depthwise layer filters " +
      "them, and a pointwise layer projects them to few channels again. The residual connection joins the narrow ends, so " +
      "what waits in memory is small.",
    attempt: () =>
      "Under \u201cWhat fits a budget\u201d, choose the allocation model fused-block and watch the peak memory: a block can be " +
      "computed in slices, and its wide maps then never exist.",
  },
  {
    title: "The linear bottleneck",
    target: ".slot-totals",
    state: { ...START, network: "v2", block: "3.2", convention: "ptflops" },
    text: () =>
      "The projection has no activation: on few channels, a ReLU would destroy information that no other channel still has. " +
      "In the papers\u2019 count an activation costs nothing, so their number stays the same, but some tools do count it.",
    attempt: () =>
      "This is what ptflops counts: find the part of the activations in the total. Then choose the convention macs, which is " +
      "the papers\u2019, and see the part vanish.",
  },
  {
    title: "The blocks of V3",
    target: ".slot-bars",
    state: { ...START, network: "v3-large", block: "12.1", quantity: "params" },
    text: (engine) =>
      "V3 adds squeeze-and-excite to some blocks: it averages the map and computes one factor per channel with two small layers, " +
      `which take ${shareSqueeze(engine)}. In deeper layers hard-swish, x \u00b7 ReLU6(x + 3) / 6, stands in for ReLU; like the ` +
      "gate of squeeze-and-excite, the hard sigmoid ReLU6(x + 3) / 6, it needs no exponential function.",
    attempt: () =>
      "Let the bars show multiply-adds instead of parameters: squeeze-and-excite almost vanishes. Then choose " +
      "v3-large-minimalistic as the second network: it has no squeeze-and-excite, no hard-swish and no 5\u00d75 kernels.",
  },
  {
    title: "A budget",
    target: ".slot-budget",
    state: { ...START, network: "v2", budget: { ...NO_BUDGET, ram: 512 * 1024, flash: 2 * 1024 ** 2 } },
    text: () =>
      "A device has limits: here 512 KiB of RAM for the maps and 2 MiB of flash for the weights, with one byte per number. The " +
      "part of the plane that keeps both is lit, and the limit that binds is the one that stops a larger network first.",
    attempt: () => "Press \u201cShow it\u201d to go to the best setting that fits. Then give one of the limits more, and see which one pays.",
  },
];

/**
 * The steps that a page can show, with their numbers: a page of one's own networks has none.
 * @param {Engine} engine
 * @returns {number[]}
 */
export function listShown(engine) {
  const names = engine.networks.map(({ name }) => name);
  const possible = STEPS.map(({ state }, index) => (names.includes(state.network) ? index : -1));
  return possible.filter((index) => index >= 0 && !engine.find(STEPS[index].state.network).fixed);
}

/**
 * Mult-adds of a form of Table 3.
 * @param {Engine} engine
 * @param {number} form
 */
function countForm(engine, form) {
  return formatCount(engine.lesson.forms[form].mult_adds);
}

/**
 * How many times cheaper a block of V1 is than its standard form.
 * @param {Engine} engine
 * @param {string} block
 */
function saving(engine, block) {
  const standard = engine.standard({ ...START, network: "v1" }, block);
  return standard === null ? "" : (standard.mult_adds / standard.separable_mult_adds).toFixed(2);
}

/**
 * @param {Engine} engine
 * @param {string} network
 * @param {number} alpha
 * @param {number} side
 */
function total(engine, network, alpha, side) {
  return engine.totals({ ...START, network, alpha, resolution: [side, side] }).mult_adds;
}

/**
 * @param {Engine} engine
 * @param {string} network
 * @param {number} alpha
 * @param {number} side
 */
function count(engine, network, alpha, side) {
  return formatShort(total(engine, network, alpha, side));
}

/**
 * @param {Engine} engine
 * @param {string} network
 * @param {[number, number]} setting alpha and side
 * @param {[number, number]} reference
 */
function ratio(engine, network, setting, reference) {
  return formatRatio(total(engine, network, ...setting), total(engine, network, ...reference));
}

/**
 * What squeeze-and-excite takes of V3-Large.
 * @param {Engine} engine
 */
function shareSqueeze(engine) {
  const costs = engine.costs({ ...START, network: "v3-large" });
  const squeezes = costs.rows.filter(({ name }) => name.includes(".se."));
  const share = (/** @type {"params" | "mult_adds"} */ quantity) => {
    const sum = squeezes.reduce((part, row) => part + row[quantity], 0);
    return `${((100 * sum) / costs[quantity]).toFixed(1)}\u202f%`;
  };
  return `${share("params")} of the params of V3-Large and ${share("mult_adds")} of its mult-adds`;
}
