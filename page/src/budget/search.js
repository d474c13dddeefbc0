// The best setting of a network within a budget, as `mbcost fit` finds it: among all alphas and resolutions that it
// searches, the highest top-1, then the most mult-adds, the least memory and the least flash.

import { combine, judgeAll, measure } from "./limits.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/state.js").Engine} Engine */
/** @typedef {import("./limits.js").Judgement} Judgement */
/** @typedef {{alphas: number[], sides: number[]}} Grid the alphas and the sides that `mbcost fit` searches */
/**
 * @typedef {object} Candidate
 * @property {State} state
 * @property {boolean} isSure whether it fits; else it may fit
 * @property {import("./limits.js").Value} top1
 * @property {number} mult_adds
 * @property {number} memory peak in bytes
 * @property {number} flash in bytes
 */
/**
 * @typedef {object} Found
 * @property {Candidate | null} best
 * @property {number} fitting how many settings fit or may fit
 * @property {number} tried
 * @property {(Judgement & {state: State})[]} nearest for each limit, the setting that keeps it best
 */

/**
 * The alphas and the resolutions that are searched: those of `mbcost fit`, and the published ones.
 * @param {Engine} engine
 * @param {State} state
 * @param {Grid} grid
 * @returns {{alphas: number[], resolutions: [number, number][]}}
 */
export function listGrid(engine, state, grid) {
  const network = engine.find(state.network);
  if (network.fixed) return { alphas: [state.alpha], resolutions: [state.resolution] };
  const alphas = sortUnique([...grid.alphas, ...network.alphas]);
  const sides = sortUnique([...grid.sides, ...network.resolutions]);
  const squares = sides.map((side) => /** @type {[number, number]} */ ([side, side]));
  const [height, width] = network.resolution;
  const isListed = height === width && sides.includes(height);
  return { alphas, resolutions: isListed ? squares : [...squares, [height, width]] };
}

/** @param {number[]} numbers */
function sortUnique(numbers) {
  return [...new Set(numbers)].sort((first, second) => first - second);
}

/**
 * Searches the grid, one alpha per step, so that a page can draw between the steps.
 * @param {Engine} engine
 * @param {State} state its alpha and resolution do not matter, unless it is the network of a file
 * @param {Grid} grid
 * @returns {Generator<void, Found>}
 */
export function* findBest(engine, state, grid) {
  const { alphas, resolutions } = listGrid(engine, state, grid);
  const published = engine.find(state.network).alphas;
  /** @type {Candidate | null} */
  let best = null;
  let fitting = 0;
  let tried = 0;
  /** @type {Map<string, Judgement & {state: State}>} */
  const nearest = new Map();
  for (const alpha of mergeEqual(engine, state, alphas, published)) {
    for (const resolution of resolutions) {
      const setting = { ...state, alpha, resolution };
      if (engine.check(setting) !== null) continue;
      tried += 1;
      const judgements = judgeAll(engine, setting);
      for (const judgement of judgements) keepNearest(nearest, judgement, setting);
      const verdict = combine(judgements);
      if (verdict === "breaks") continue;
      fitting += 1;
      const candidate = makeCandidate(engine, setting, verdict === "keeps");
      if (best === null || compare(candidate, best) < 0) best = candidate;
    }
    yield;
  }
  return { best, fitting, tried, nearest: [...nearest.values()] };
}

/**
 * Keep a judgement if no other setting keeps the limit better; one that is not known only if none is.
 * @param {Map<string, Judgement & {state: State}>} nearest
 * @param {Judgement} judgement
 * @param {State} state
 */
function keepNearest(nearest, judgement, state) {
  const known = nearest.get(judgement.limit.name);
  const isBetter = judgement.share !== null && (known?.share ?? Infinity) > judgement.share;
  if (known === undefined || isBetter) nearest.set(judgement.limit.name, { ...judgement, state });
}

/**
 * One alpha for each network: alphas that round to the same widths give the same network, which is called by its
 * published alpha or else by the first one.
 * @param {Engine} engine
 * @param {State} state
 * @param {number[]} alphas in rising order
 * @param {number[]} published
 * @returns {Generator<number, void>}
 */
function* mergeEqual(engine, state, alphas, published) {
  let run = { flash: /** @type {number | null} */ (null), alphas: /** @type {number[]} */ ([]) };
  for (const alpha of alphas) {
    const setting = { ...state, alpha, resolution: engine.find(state.network).resolution };
    if (engine.check(setting) !== null) continue;
    const flash = measure(engine, setting, "flash").value; // widths grow with alpha, and the weights with every width
    if (run.alphas.length > 0 && run.flash === flash) {
      run.alphas.push(alpha);
      continue;
    }
    if (run.alphas.length > 0) yield chooseName(run.alphas, published);
    run = { flash, alphas: [alpha] };
  }
  if (run.alphas.length > 0) yield chooseName(run.alphas, published);
}

/**
 * @param {number[]} alphas
 * @param {number[]} published
 */
function chooseName(alphas, published) {
  return alphas.find((alpha) => published.includes(alpha)) ?? alphas[0];
}

/**
 * @param {Engine} engine
 * @param {State} state
 * @param {boolean} isSure
 * @returns {Candidate}
 */
function makeCandidate(engine, state, isSure) {
  return {
    state,
    isSure,
    top1: measure(engine, state, "top1"),
    mult_adds: engine.totals(state).mult_adds,
    memory: measure(engine, state, "ram").value ?? 0,
    flash: measure(engine, state, "flash").value ?? 0,
  };
}

/**
 * The order of `mbcost fit`: negative if the first one is better.
 * @param {Candidate} first
 * @param {Candidate} second
 */
function compare(first, second) {
  return (
    Number(second.isSure) - Number(first.isSure) ||
    (second.top1.value ?? -1) - (first.top1.value ?? -1) ||
    second.mult_adds - first.mult_adds ||
    first.memory - second.memory ||
    first.flash - second.flash ||
    Number(isReleased(second)) - Number(isReleased(first))
  );
}

/** @param {Candidate} candidate */
function isReleased({ top1 }) {
  return top1.value !== null && top1.isMeasured;
}
