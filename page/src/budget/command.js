// The command that gives on a terminal what the page shows.

import { quote } from "../export/command.js";
import { listAsked } from "./limits.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/state.js").Engine} Engine */

/**
 * The `mbcost fit` command for a budget; null if nothing is limited, which the command refuses.
 * @param {Engine} engine
 * @param {State} state
 * @param {State} usual the state in which nothing is chosen; what equals it is left out
 * @returns {string | null}
 */
export function writeFit(engine, state, usual) {
  const limits = listAsked(state);
  if (limits.length === 0) return null;
  const network = engine.find(state.network);
  const words = ["mbcost", "fit", ...network.command];
  if (state.implementation !== network.default_implementation) words.push("--impl", state.implementation);
  if (network.has_classes && state.classes !== usual.classes) words.push("--classes", String(state.classes));
  if (state.convention !== usual.convention) words.push("--convention", state.convention);
  if (state.allocator !== usual.allocator) words.push("--allocator", state.allocator);
  if (state.dtype !== usual.dtype) words.push("--dtype", state.dtype);
  for (const { name, option, spell } of limits) {
    words.push(`--${option}`, spell(/** @type {number} */ (state.budget[name])));
    if (name === "milliseconds") words.push("--device", /** @type {string} */ (state.device));
  }
  return words.map(quote).join(" ");
}
