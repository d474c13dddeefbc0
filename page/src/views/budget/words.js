// What the budget panel says.

import { formatBytes, formatCount, formatMilliseconds, formatShort } from "../../ui/format.js";

/** @typedef {import("../../state/state.js").State} State */
/** @typedef {import("../../state/state.js").Engine} Engine */
/** @typedef {import("../../budget/limits.js").Judgement} Judgement */
/** @typedef {import("../../budget/limits.js").Name} Name */
/** @typedef {import("../../budget/limits.js").Value} Value */
/** @typedef {import("../../budget/search.js").Found} Found */

/** @type {Readonly<Record<Name, string>>} */
const WORDS = { ram: "RAM", flash: "flash", mult_adds: "mult-adds", milliseconds: "latency", top1: "top-1" };

/**
 * What a limit is called at the start of a sentence.
 * @param {Name} name
 */
export function titleOf(name) {
  return WORDS[name].charAt(0).toUpperCase() + WORDS[name].slice(1);
}

/** @type {Readonly<Record<Name, (value: number) => string>>} */
const FORMATS = {
  ram: formatBytes,
  flash: formatBytes,
  mult_adds: formatShort,
  milliseconds: formatMilliseconds,
  top1: (value) => `${Number(value.toFixed(1))}\u202f%`,
};

/**
 * @param {Name} name
 * @param {number} value
 */
export function formatValue(name, value) {
  return FORMATS[name](value);
}

/**
 * A setting without what is the network's own.
 * @param {Engine} engine
 * @param {State} state
 */
export function labelSetting(engine, state) {
  const usual = `:${engine.find(state.network).default_implementation}`;
  const label = engine.spell(state);
  return label.endsWith(usual) ? label.slice(0, -usual.length) : label;
}

/**
 * A value with its interval.
 * @param {Name} name
 * @param {Value} measured
 */
export function writeValue(name, { value, low, high, isMeasured, reason }) {
  if (value === null) return `not known${reason ? `: ${reason}` : ""}`;
  const text = formatValue(name, value);
  if (name === "top1") {
    if (isMeasured) return `${text} (released checkpoint)`;
    return low === null || high === null ? `about ${text}` : `about ${text} (${trim(low)} to ${trim(high)})`;
  }
  if (name === "milliseconds") return high === null ? `about ${text}, no interval` : `about ${text}, at most ${formatValue(name, high)}`;
  return text;
}

/** @param {number} percent */
function trim(percent) {
  return percent.toFixed(1);
}

/**
 * How far a value is from its limit.
 * @param {Judgement} judgement
 */
export function writeDistance({ limit, most, measured, verdict }) {
  const { value, high } = measured;
  if (value === null) return "not known";
  if (verdict === "may keep") {
    return high === null ? "may fit: it has no interval" : `may fit: the upper end is ${formatValue(limit.name, high)}`;
  }
  const read = limit.name === "milliseconds" && verdict === "keeps" && high !== null ? high : value;
  const distance = Math.abs(read - most);
  const text = limit.name === "top1" ? `${distance.toFixed(1)} points` : formatValue(limit.name, distance);
  if (verdict === "breaks") return limit.isLeast ? `${text} too low` : `${text} over`;
  return limit.isLeast ? `${text} above` : `${text} left`;
}

/**
 * Whether what is shown fits, and which limit binds.
 * @param {string} label
 * @param {readonly Judgement[]} judgements
 * @param {"keeps" | "may keep" | "breaks"} verdict
 * @param {Judgement | null} binding
 */
export function writeVerdict(label, judgements, verdict, binding) {
  if (judgements.length === 0) return "No limit is set: write one, or choose an example.";
  const unknown = judgements.filter((judgement) => judgement.verdict === "unknown").map(({ limit }) => WORDS[limit.name]);
  const broken = judgements.filter((judgement) => judgement.verdict === "breaks");
  const name = binding === null ? "" : titleOf(binding.limit.name);
  if (broken.length > 0 && binding !== null) {
    const others = broken.filter((judgement) => judgement !== binding).map(({ limit }) => WORDS[limit.name]);
    const also = others.length > 0 ? ` It also breaks ${join(others)}.` : "";
    return `${label} does not fit. ${name} binds: ${writeDistance(binding)}.${also}`;
  }
  if (unknown.length > 0) return `Whether ${label} fits is not known: its ${join(unknown)} is not.`;
  const bound = binding === null ? "" : ` ${name} binds: ${writeDistance(binding)}.`;
  return verdict === "keeps" ? `${label} fits.${bound}` : `${label} may fit.${bound}`;
}

/** @param {string[]} words */
function join(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/**
 * The best setting, or what excludes every one.
 * @param {Engine} engine
 * @param {State} state
 * @param {Found} found
 */
export function writeBest(engine, state, { best, fitting, tried, nearest }) {
  const title = engine.find(state.network).title;
  const counted = `${formatCount(fitting)} of ${formatCount(tried)} settings of ${title} fit`;
  if (best === null) return `No setting of ${title} fits. ${writeImpossible(engine, nearest)}`;
  const label = labelSetting(engine, best.state);
  const how = best.isSure ? "fits" : "may fit";
  const { top1 } = best;
  const value = top1.value === null
    ? `its top-1 is not known, so the most mult-adds count: ${formatShort(best.mult_adds)}`
    : `${writeValue("top1", top1)} top-1`;
  return `The best that ${how} is ${label}: ${value}. ${counted}${best.isSure ? "" : " or may fit"}.`;
}

/**
 * @param {Engine} engine
 * @param {Found["nearest"]} nearest
 */
function writeImpossible(engine, nearest) {
  const impossible = nearest.filter(({ verdict }) => verdict === "breaks" || verdict === "unknown");
  if (impossible.length === 0) return "Every limit can be kept, but not all of them together.";
  return impossible
    .map(({ limit, measured, state }) => {
      if (measured.value === null) return `${titleOf(limit.name)} is not known of any: ${measured.reason}.`;
      const value = formatValue(limit.name, measured.value);
      const label = labelSetting(engine, state);
      return limit.isLeast
        ? `${titleOf(limit.name)} is at most ${value} (${label}).`
        : `${titleOf(limit.name)} is at least ${value} (${label}).`;
    })
    .join(" ");
}

/**
 * On what the estimates rest, with the errors that they made about what had no part in them.
 * @param {Engine} engine
 * @param {State} state
 * @returns {string[]}
 */
export function writeNotes(engine, state) {
  const notes = [];
  const { estimates } = engine.find(state.network).implementations[state.implementation] ?? {};
  const surface = engine.data.estimates.surfaces[estimates?.surface ?? -1];
  if (surface?.fit && surface.left_out) {
    notes.push(
      `Top-1: ImageNet accuracy, estimated from ${surface.checkpoints.length} released checkpoints of ${surface.recipe}; each ` +
        `estimated without itself, the mean error is ${surface.left_out.mean.toFixed(2)} points and the worst ` +
        `${surface.left_out.worst.toFixed(2)}. In brackets: a 90\u202f% interval.`,
    );
  }
  const device = engine.devices.find(({ name }) => name === state.device);
  if (device !== undefined) {
    notes.push(
      `Latency: predicted from ${device.points} networks measured on ${device.title}, ${device.runtime}; each predicted by the ` +
        `others, the mean error is ${(100 * device.left_out.mean).toFixed(1)}\u202f%. At most: the upper end of an 80\u202f% ` +
        "interval, which has to keep the limit.",
    );
  }
  return notes;
}
