/**
 * What every view gets.
 * @typedef {object} Context
 * @property {import("./state/state.js").Engine} engine
 * @property {import("./state/store.js").Store} store
 * @property {BudgetQuestions} [budget] What other views ask about the limits; the budget panel puts it here.
 */
/**
 * @typedef {object} BudgetQuestions
 * @property {() => boolean} isAsked Whether there is a limit.
 * @property {(alpha: number, side: number, resolution?: [number, number]) => boolean} lit Whether the network of the state
 *   keeps every limit at an alpha and a side of the input, which is square unless its resolution is stated.
 */
/**
 * What every view is. `update` is called once per frame after a change; the element never changes.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(state: import("./state/state.js").State) => void} update
 */
/** @typedef {(context: Context) => View} ViewMaker */

export {};
