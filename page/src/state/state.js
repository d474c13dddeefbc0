/** What the page shows, as one plain value: its defaults, and how a change of it is completed and checked. */

/** @typedef {{network: string, alpha: number, resolution: [number, number], implementation: string}} Reference */
/** @typedef {{ram: number | null, flash: number | null, mult_adds: number | null, milliseconds: number | null,
 *   top1: number | null}} Budget */
/** @typedef {"mult_adds" | "params" | "activations" | "memory"} Quantity */
/**
 * @typedef {object} State
 * @property {string} network
 * @property {number} alpha The width multiplier.
 * @property {[number, number]} resolution Height and width of the input in pixels.
 * @property {string} implementation
 * @property {number} classes
 * @property {string} convention How params and mult-adds are counted.
 * @property {Reference | null} versus The second network.
 * @property {string | null} block The name of the block that is opened.
 * @property {Quantity} quantity What the bars and the plane show.
 * @property {string} allocator
 * @property {string} dtype
 * @property {string | null} device
 * @property {Budget} budget Bytes, multiply-adds, milliseconds and percent; null is no limit.
 * @property {number | null} tour The step of the tour that is shown.
 */
/** @typedef {ReturnType<typeof import("../engine/engine.js").createEngine>} Engine */

/** @type {readonly Quantity[]} */
export const QUANTITIES = ["mult_adds", "params", "activations", "memory"];
/** The words for the quantities, each with its unit. */
export const QUANTITY_TITLES = {
  mult_adds: "multiply-adds",
  params: "parameters",
  activations: "activations (elements)",
  memory: "memory (bytes)",
};
/** @type {Readonly<Budget>} */
export const NO_BUDGET = Object.freeze({ ram: null, flash: null, mult_adds: null, milliseconds: null, top1: null });
/** The number of steps of the tour. */
export const TOUR_STEPS = 8;
const CLASSES = 1000;
const MOST_CLASSES = 1_000_000;

/**
 * The setting of a network when nothing else is asked: alpha 1 if it can have it, and its own resolution.
 * @param {Engine} engine
 * @param {string} name
 * @returns {Reference}
 */
export function defaultReference(engine, name) {
  const network = engine.find(name);
  const alpha = network.fixed?.alpha ?? (network.alphas.includes(1) ? 1 : (network.alphas[0] ?? 1));
  const [height, width] = network.resolution;
  return { network: name, alpha, resolution: [height, width], implementation: network.default_implementation };
}

/**
 * What the page shows first.
 * @param {Engine} engine
 * @returns {State}
 */
export function defaultState(engine) {
  const { network, alpha, resolution, implementation, classes = CLASSES } = engine.data.shown;
  const [height, width] = resolution;
  return {
    network,
    alpha,
    resolution: [height, width],
    implementation,
    classes,
    convention: "macs",
    versus: null,
    block: null,
    quantity: "mult_adds",
    allocator: "naive",
    dtype: "int8",
    device: null,
    budget: { ...NO_BUDGET },
    tour: null,
  };
}

/**
 * The state after a change. Another network keeps what it can have of the settings, and gets defaults for the rest.
 * @param {Engine} engine
 * @param {State} state
 * @param {Partial<State>} change
 * @returns {State}
 * @throws {RangeError} The message is one line for the user.
 */
export function changeState(engine, state, change) {
  const next = { ...state, ...change };
  if (next.network !== state.network) {
    requireOneOf("network", next.network, engine.networks.map(nameOf));
    if (change.alpha === undefined) Object.assign(next, fitReference(engine, next));
    if (change.block === undefined) next.block = null;
  }
  checkChoices(engine, next);
  const problem = engine.check(next) ?? (next.versus && engine.check(withVersus(next)));
  if (problem) throw new RangeError(problem);
  return next;
}

/**
 * The setting for a network that was chosen while another was shown.
 * @param {Engine} engine
 * @param {State} wanted
 * @returns {Reference}
 */
export function fitReference(engine, wanted) {
  const own = defaultReference(engine, wanted.network);
  const network = engine.find(wanted.network);
  if (network.fixed !== undefined) return own;
  const isKnown = Object.hasOwn(network.implementations, wanted.implementation);
  const implementation = isKnown ? wanted.implementation : own.implementation;
  const candidates = [
    { ...own, implementation, alpha: wanted.alpha, resolution: wanted.resolution },
    { ...own, implementation, alpha: wanted.alpha },
    { ...own, implementation },
  ];
  return candidates.find((candidate) => engine.check({ ...wanted, ...candidate }) === null) ?? own;
}

/**
 * The setting of the second network: it is counted as the first one is.
 * @param {State} state
 * @returns {State}
 */
export function withVersus(state) {
  return state.versus === null ? state : { ...state, ...state.versus };
}

/**
 * @param {Engine} engine
 * @param {State} state
 * @throws {RangeError}
 */
function checkChoices(engine, state) {
  requireOneOf("convention", state.convention, engine.conventions.map(nameOf));
  requireOneOf("memory model", state.allocator, engine.allocators.map(nameOf));
  requireOneOf("dtype", state.dtype, engine.dtypes.map(nameOf));
  requireOneOf("quantity", state.quantity, QUANTITIES);
  if (state.device !== null) requireOneOf("device", state.device, listDevices(engine));
  if (!Number.isInteger(state.classes) || state.classes < 1 || state.classes > MOST_CLASSES) {
    throw new RangeError(`classes is ${state.classes}: it must be a whole number from 1 to 1,000,000`);
  }
  if (state.tour !== null && !(Number.isInteger(state.tour) && state.tour >= 0 && state.tour < TOUR_STEPS)) {
    throw new RangeError(`step of the tour is ${state.tour + 1}: it must be from 1 to ${TOUR_STEPS}`);
  }
}

/**
 * The names of the devices for which the page can estimate milliseconds.
 * @param {Engine} engine
 * @returns {string[]}
 */
export function listDevices(engine) {
  const { devices = [] } = /** @type {{devices?: {name: string}[]}} */ (/** @type {unknown} */ (engine));
  return devices.map(nameOf);
}

/**
 * The name of a choice, which an engine gives as a text or as an object with a name.
 * @param {string | {name: string}} choice
 */
export function nameOf(choice) {
  return typeof choice === "string" ? choice : choice.name;
}

/**
 * @param {string} what
 * @param {string} value
 * @param {readonly string[]} names
 */
function requireOneOf(what, value, names) {
  if (!names.includes(value)) {
    throw new RangeError(`'${value}' is not a ${what} of this page: choose one of ${list(names)}`);
  }
}

/** @param {readonly string[]} names */
function list(names) {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")}, \u2026`;
}
