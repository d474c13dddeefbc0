/** The one place that has the state: views read it, ask for changes, and are called once per frame after a change. */

import { changeState } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Engine} Engine */
/** @typedef {ReturnType<typeof createStore>} Store */

/**
 * Make a store.
 * @param {Engine} engine
 * @param {State} initial
 * @param {(work: () => void) => void} [schedule] When to tell of changes: at the next frame, unless a test says else.
 */
export function createStore(engine, initial, schedule = (work) => void requestAnimationFrame(work)) {
  let state = initial;
  let isScheduled = false;
  /** @type {string | null} */
  let hovered = null;
  /** @type {Set<(state: State) => void>} */
  const listeners = new Set();
  /** @type {Set<(row: string | null) => void>} */
  const hoverListeners = new Set();
  /** @type {Set<(messages: readonly string[]) => void>} */
  const messageListeners = new Set();

  function tell() {
    isScheduled = false;
    for (const listener of listeners) listener(state);
  }

  /** @param {State} next */
  function replace(next) {
    state = next;
    if (isScheduled) return;
    isScheduled = true;
    schedule(tell);
  }

  /** @param {readonly string[]} messages */
  function report(messages) {
    for (const listener of messageListeners) listener(messages);
  }

  return {
    /** What is shown. */
    get state() {
      return state;
    },
    /** The name of the row that is hovered, or null. */
    get hovered() {
      return hovered;
    },
    /**
     * Change a part of the state. A change that is not possible gives a message, and leaves the state as it is.
     * @param {Partial<State>} change
     * @returns {string | null} The message, or null if the change was made.
     */
    update(change) {
      try {
        replace(changeState(engine, state, change));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        report([error.message]);
        return error.message;
      }
      report([]);
      return null;
    },
    replace,
    report,
    /**
     * Call a function after each change of the state. It returns what ends that.
     * @param {(state: State) => void} listener
     */
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /**
     * Mark a row in all views, or none.
     * @param {string | null} row
     */
    hover(row) {
      if (row === hovered) return;
      hovered = row;
      for (const listener of hoverListeners) listener(row);
    },
    /**
     * Call a function when another row is marked. It returns what ends that.
     * @param {(row: string | null) => void} listener
     */
    onHover(listener) {
      hoverListeners.add(listener);
      return () => void hoverListeners.delete(listener);
    },
    /**
     * Call a function with the messages that the page has to show, in place of those before.
     * @param {(messages: readonly string[]) => void} listener
     */
    onMessages(listener) {
      messageListeners.add(listener);
      return () => void messageListeners.delete(listener);
    },
  };
}
