// The limits of a device, and whether a setting keeps them: the rules of `mbcost fit` (mbcost/questions/search/limits.py).

import { parseCount, parseMilliseconds, parsePercent, parseSize, spellCount, spellDecimal, spellSize } from "./quantity.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/state.js").Engine} Engine */
/** @typedef {keyof import("../state/state.js").Budget} Name */
/**
 * @typedef {object} Value what a setting needs of one quantity
 * @property {number | null} value null if it is not known
 * @property {number | null} low the ends of the interval of an estimate; null if there is none
 * @property {number | null} high
 * @property {string | null} reason why the value or its interval is not known
 * @property {boolean} isMeasured whether it was measured or released, and not estimated
 */
/** @typedef {"keeps" | "may keep" | "breaks" | "unknown"} Verdict */
/**
 * @typedef {object} Limit
 * @property {Name} name
 * @property {string} option the option of `mbcost fit`
 * @property {boolean} isLeast whether it is the smallest value that is accepted, instead of the largest
 * @property {(text: string) => number} parse throws a RangeError with a message of one line
 * @property {(value: number) => string} spell the text that `parse` and the command read as the same value
 */

/**
 * All limits in the order of `mbcost fit`, in which the first one of equals binds.
 * @type {readonly Limit[]}
 */
export const LIMITS = [
  { name: "ram", option: "ram", isLeast: false, parse: (text) => parseSize(text, "ram"), spell: spellSize },
  { name: "flash", option: "flash", isLeast: false, parse: (text) => parseSize(text, "flash"), spell: spellSize },
  {
    name: "mult_adds",
    option: "mult-adds",
    isLeast: false,
    parse: (text) => parseCount(text, "mult-adds"),
    spell: spellCount,
  },
  { name: "top1", option: "min-top1", isLeast: true, parse: (text) => parsePercent(text, "min-top1"), spell: spellDecimal },
  {
    name: "milliseconds",
    option: "max-latency",
    isLeast: false,
    parse: (text) => parseMilliseconds(text, "max-latency"),
    spell: (value) => `${spellDecimal(value)}ms`,
  },
];

/** A limit of zero counts as this if something is a share of it. */
const LEAST_LIMIT = 0.001;

/**
 * The limits that are asked for. Milliseconds without a device limit nothing.
 * @param {State} state
 * @returns {Limit[]}
 */
export function listAsked(state) {
  return LIMITS.filter(({ name }) => state.budget[name] !== null && (name !== "milliseconds" || state.device !== null));
}

/**
 * What a setting needs of one quantity.
 * @param {Engine} engine
 * @param {State} state
 * @param {Name} name
 * @returns {Value}
 */
export function measure(engine, state, name) {
  try {
    return MEASURES[name](engine, state);
  } catch (error) {
    if (error instanceof RangeError) return makeUnknown(error.message);
    throw error;
  }
}

/** @type {Readonly<Record<Name, (engine: Engine, state: State) => Value>>} */
const MEASURES = {
  ram: (engine, state) => makeExact(engine.memory(state, state.allocator).peak * engine.bytes(state.dtype)),
  flash: (engine, state) => makeExact(engine.flash(state, state.dtype)),
  mult_adds: (engine, state) => makeExact(engine.totals(state).mult_adds),
  top1: measureTop1,
  milliseconds: measureLatency,
};

/**
 * @param {Engine} engine
 * @param {State} state
 * @returns {Value}
 */
function measureTop1(engine, state) {
  // The accuracy is that of the released head, whatever the number of classes is, as in `mbcost fit`.
  const { top1, low, high, exact, reason } = engine.top1(omitClasses(state));
  return { value: top1, low, high, reason: reason ?? null, isMeasured: exact };
}

/**
 * A setting with the network's own number of classes.
 * @param {State} state
 */
function omitClasses({ classes: _, ...setting }) {
  return setting;
}

/**
 * @param {Engine} engine
 * @param {State} state
 * @returns {Value}
 */
function measureLatency(engine, state) {
  if (state.device === null) return makeUnknown("no device is chosen");
  const { milliseconds, low, high, reason } = engine.latency(state, state.device);
  return { value: milliseconds, low, high, reason: reason ?? null, isMeasured: false };
}

/**
 * @param {number | null} value
 * @returns {Value}
 */
function makeExact(value) {
  return { value, low: null, high: null, reason: null, isMeasured: true };
}

/**
 * @param {string} reason
 * @returns {Value}
 */
function makeUnknown(reason) {
  return { ...makeExact(null), reason };
}

/**
 * Whether a value keeps a limit. A latency keeps it if the upper end of its interval does, and may keep it if only the
 * estimate does; a top-1 keeps it if the estimate does.
 * @param {Limit} limit
 * @param {number} most the value of the limit
 * @param {Value} value
 * @returns {Verdict}
 */
export function judge({ name, isLeast }, most, { value, high }) {
  if (value === null) return "unknown";
  if (isLeast) return value >= most ? "keeps" : "breaks";
  if (value > most) return "breaks";
  return name === "milliseconds" && (high === null || high > most) ? "may keep" : "keeps";
}

/**
 * The part of a limit by which a value breaks it; negative if that much is left, null if the value is not known. Of a
 * latency it is the upper end of its interval that counts if that keeps the limit, else the estimate.
 * @param {Limit} limit
 * @param {number} most
 * @param {Value} measured
 */
export function measureShare({ name, isLeast }, most, { value, high }) {
  if (value === null) return null;
  const read = name === "milliseconds" && high !== null && high <= most ? high : value;
  return (isLeast ? most - read : read - most) / Math.max(most, LEAST_LIMIT);
}

/**
 * @typedef {object} Judgement
 * @property {Limit} limit
 * @property {number} most
 * @property {Value} measured
 * @property {Verdict} verdict
 * @property {number | null} share
 */

/**
 * Every limit that is asked for, with what a setting needs.
 * @param {Engine} engine
 * @param {State} state
 * @returns {Judgement[]}
 */
export function judgeAll(engine, state) {
  return listAsked(state).map((limit) => {
    const most = /** @type {number} */ (state.budget[limit.name]);
    const measured = measure(engine, state, limit.name);
    return { limit, most, measured, verdict: judge(limit, most, measured), share: measureShare(limit, most, measured) };
  });
}

/**
 * The limit that binds: the one that breaks by the largest share, or of which the smallest share is left. One whose value
 * is not known is left out.
 * @param {readonly Judgement[]} judgements
 * @returns {Judgement | null}
 */
export function findBinding(judgements) {
  return judgements.reduce(
    (/** @type {Judgement | null} */ worst, judgement) =>
      judgement.share !== null && (worst === null || judgement.share > /** @type {number} */ (worst.share)) ? judgement : worst,
    null,
  );
}

/**
 * Whether a setting fits: `keeps` if it keeps every limit, `may keep` if only a latency is not sure, else `breaks`.
 * @param {readonly Judgement[]} judgements
 * @returns {"keeps" | "may keep" | "breaks"}
 */
export function combine(judgements) {
  const verdicts = judgements.map(({ verdict }) => verdict);
  if (verdicts.some((verdict) => verdict === "breaks" || verdict === "unknown")) return "breaks";
  return verdicts.includes("may keep") ? "may keep" : "keeps";
}

/**
 * Whether a setting keeps every limit for sure; true if there is no limit. It stops at the first limit that is broken.
 * @param {Engine} engine
 * @param {State} state
 */
export function fits(engine, state) {
  return listAsked(state).every(
    (limit) => judge(limit, /** @type {number} */ (state.budget[limit.name]), measure(engine, state, limit.name)) === "keeps",
  );
}
