// A search that leaves the page time to draw: it works for some milliseconds, then waits for its next turn.

import { findBest } from "../../budget/search.js";

/** @typedef {import("../../state/state.js").State} State */
/** @typedef {import("../../state/state.js").Engine} Engine */
/** @typedef {import("../../budget/search.js").Found} Found */

/** Milliseconds of work per turn: half of a frame. */
const TURN = 8;

/**
 * @param {Engine} engine
 * @param {(found: Found, state: State) => void} finish
 */
export function createSearching(engine, finish) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /**
   * Search for the best setting of a state; an earlier search is given up.
   * @param {State} state
   */
  function start(state) {
    clearTimeout(timer);
    const work = findBest(engine, state, engine.search);
    timer = setTimeout(proceed);

    function proceed() {
      const end = performance.now() + TURN;
      let step = work.next();
      while (!step.done && performance.now() < end) step = work.next();
      if (step.done) finish(step.value, state);
      else timer = setTimeout(proceed);
    }
  }

  return { start, stop: () => clearTimeout(timer) };
}
