/** The command that prints what the page shows. */

import { formatAlpha, formatResolution } from "../ui/format.js";

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;
const CLASSES = 1000;
const CONVENTION = "macs";

/**
 * A word as a POSIX shell reads it: quoted if it has a character that means something else.
 * @param {string} word
 */
export function quote(word) {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The command line of `mbcost table` for a state.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 * @param {string} [format] The value of --format.
 */
export function tableCommand(engine, state, format) {
  const network = engine.find(state.network);
  const words = ["mbcost", "table", ...network.command];
  if (network.fixed === undefined) {
    words.push("--alpha", formatAlpha(state.alpha), "--res", formatResolution(state.resolution));
    if (state.implementation !== network.default_implementation) words.push("--impl", state.implementation);
  }
  if (network.has_classes && state.classes !== CLASSES) words.push("--classes", String(state.classes));
  if (state.convention !== CONVENTION) words.push("--convention", state.convention);
  if (format !== undefined) words.push("--format", format);
  return words.map(quote).join(" ");
}

/**
 * The command line of `mbcost compare` for a state with a second network.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 */
export function compareCommand(engine, state) {
  const references = [state, state.versus ?? state];
  const words = ["mbcost", "compare", ...references.map((reference) => spellWords(engine, reference))];
  words.push(...listOptions(references.map(({ network }) => engine.find(network).command.slice(1))));
  if (state.classes !== CLASSES) words.push("--classes", String(state.classes));
  if (state.convention !== CONVENTION) words.push("--convention", state.convention);
  return words.map(quote).join(" ");
}

/**
 * A reference as the command line reads it: a file is named by its path.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").Reference} reference
 */
export function spellWords(engine, reference) {
  const { name, command, fixed } = engine.find(reference.network);
  const word = String(command[0]);
  return fixed === undefined ? word + engine.spell(reference).slice(name.length) : word;
}

/**
 * The options of two networks, which `mbcost compare` takes for both; what both have is written once.
 * @param {string[][]} options
 */
function listOptions([first = [], second = []]) {
  return JSON.stringify(first) === JSON.stringify(second) ? first : [...first, ...second];
}
