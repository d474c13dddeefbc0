// The command that prints the table of the lesson.

import { quote, spellWords } from "../../export/command.js";
import { scaleSide } from "./forms.js";

/** @typedef {import("../../state/state.js").State} State */
/** @typedef {import("../../state/state.js").Engine} Engine */

/**
 * @param {Engine} engine
 * @param {State} state
 * @param {import("./forms.js").Layer} layer
 */
export function writeCommand(engine, state, layer) {
  const command = "mbcost compare standard-vs-dws";
  if (!layer.isPapers) return `${command} ${quote(spellWords(engine, state))}`;
  const [height, width] = state.resolution;
  const own = engine.find(state.network).resolution;
  const rhos = [writeRho(engine.lesson.feature, height, own[0]), writeRho(engine.lesson.feature, width, own[1])];
  const words = [command, "--alpha", String(state.alpha)];
  if (rhos[0] !== "1" || rhos[1] !== "1") words.push("--rho", rhos[0]); // the command knows square maps
  return words.join(" ");
}

/**
 * The shortest decimal of at least three digits that gives the same side of the map.
 * @param {number} feature the side at rho = 1
 * @param {number} side
 * @param {number} own
 */
export function writeRho(feature, side, own) {
  const wanted = scaleSide(feature, side, own);
  for (let digits = 3; ; digits += 1) {
    const text = String(Number((side / own).toFixed(digits)));
    if (digits > 15 || scaleSide(feature, Math.round(Number(text) * 10 ** digits), 10 ** digits) === wanted) return text;
  }
}
