/**
 * What every view gets.
 * @typedef {object} Context
 * @property {import("./state/state.js").Engine} engine
 * @property {import("./state/store.js").Store} store
 */
/**
 * What every view is. `update` is called once per frame after a change; the element never changes.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(state: import("./state/state.js").State) => void} update
 */
/** @typedef {(context: Context) => View} ViewMaker */

export {};
