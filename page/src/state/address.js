/** The state as the fragment of the address, `#v2@0.75/160:official&vs=v3-small@1/224:official`, and back. */

import { LIMITS } from "../budget/limits.js";
import { changeState, defaultReference, defaultState } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Engine} Engine */
/** @typedef {import("./state.js").Budget} Budget */
/**
 * @typedef {object} Part What one `key=value` of an address is.
 * @property {string} key
 * @property {(state: State, engine: Engine) => string | null} write Null if the value is none.
 * @property {(text: string, engine: Engine, state: State) => Partial<State>} read
 */

/**
 * @param {string} key
 * @param {keyof State} name
 * @returns {Part}
 */
function word(key, name) {
  return {
    key,
    write: (state) => /** @type {string | null} */ (state[name]),
    read: (text) => /** @type {Partial<State>} */ ({ [name]: text }),
  };
}

/**
 * @param {string} key
 * @param {keyof Budget} name
 * @param {(value: number) => string} spell
 * @param {(text: string) => number} parse
 * @returns {Part}
 */
function limit(key, name, spell, parse) {
  return {
    key,
    write: ({ budget }) => (budget[name] === null ? null : spell(budget[name])),
    read: (text, _, { budget }) => ({ budget: { ...budget, [name]: parse(text) } }),
  };
}

/**
 * @param {string} text
 * @throws {RangeError}
 */
function parseWhole(text) {
  if (!/^[0-9]{1,9}$/.test(text)) throw new RangeError(`'${text}' is not a whole number: write one such as 10`);
  return Number(text);
}

/** @type {readonly Part[]} */
const PARTS = [
  { key: "classes", write: ({ classes }) => String(classes), read: (text) => ({ classes: parseWhole(text) }) },
  word("convention", "convention"),
  {
    key: "vs",
    write: ({ versus }, engine) => (versus === null ? null : engine.spell(versus)),
    read: (text, engine) => ({ versus: readReference(text, engine) }),
  },
  word("block", "block"),
  {
    key: "show",
    write: ({ quantity }) => quantity.replace("_", "-"),
    read: (text) => ({ quantity: /** @type {State["quantity"]} */ (text.replace("-", "_")) }),
  },
  word("allocator", "allocator"),
  word("dtype", "dtype"),
  word("device", "device"),
  ...LIMITS.map(({ name, option, spell, parse }) => limit(option, name, spell, parse)),
  {
    key: "tour",
    write: ({ tour }) => (tour === null ? null : String(tour + 1)),
    read: (text) => ({ tour: parseWhole(text) - 1 }),
  },
];

/**
 * Read `v2@0.75/160:official`; what it leaves out is the network's default.
 * @param {string} text
 * @param {Engine} engine
 * @returns {import("./state.js").Reference}
 * @throws {RangeError}
 */
export function readReference(text, engine) {
  const { network, alpha, resolution, implementation } = engine.parse(text);
  const own = defaultReference(engine, network);
  return {
    network,
    alpha: alpha ?? own.alpha,
    resolution: resolution ?? own.resolution,
    implementation: implementation ?? own.implementation,
  };
}

/**
 * Escape what would end a part of the address; `@`, `/`, `:` and their like stay as people write them.
 * @param {string} text
 */
function escapePart(text) {
  return encodeURIComponent(text).replace(/%(40|2F|3A|2C)/g, (code) => decodeURIComponent(code));
}

/** @param {string} text */
function unescapePart(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError(`'${text}': it has a broken % sequence: copy the whole address again`);
  }
}

/**
 * The fragment of a state, with `#`; empty for the default state. Only what differs from the default is in it.
 * @param {State} state
 * @param {Engine} engine
 */
export function writeAddress(state, engine) {
  const usual = defaultState(engine);
  const parts = PARTS.filter((part) => part.write(state, engine) !== part.write(usual, engine))
    .map((part) => [part.key, part.write(state, engine)])
    .filter(([, text]) => text !== null)
    .map(([key, text]) => `${key}=${escapePart(String(text))}`);
  const reference = engine.spell(state);
  if (parts.length === 0 && reference === engine.spell(usual)) return "";
  return `#${[escapePart(reference), ...parts].join("&")}`;
}

/**
 * Read a fragment. A part that is unknown or wrong gives a message of one line, and the rest is used.
 * @param {string} fragment
 * @param {Engine} engine
 * @returns {{state: State, messages: string[]}}
 */
export function readAddress(fragment, engine) {
  let state = defaultState(engine);
  /** @type {string[]} */
  const messages = [];
  for (const text of fragment.replace(/^#/, "").split("&").filter(Boolean)) {
    try {
      state = changeState(engine, state, readPart(text, engine, state));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      messages.push(`Address: ${shorten(error.message)}`);
    }
  }
  const blocks = engine.blocks(state).map(({ name }) => name);
  if (state.block !== null && !blocks.includes(state.block)) {
    messages.push(`Address: '${shorten(state.block)}' is not a block of ${state.network}: choose one of ${blocks.join(", ")}`);
    state = { ...state, block: null };
  }
  return { state, messages };
}

/**
 * Cut words that are too long to be read: an address can be as long as its writer likes.
 * @param {string} message
 */
function shorten(message) {
  return message.replace(/\S{80,}/gu, (word) => `${word.slice(0, 60)}\u2026`);
}

/**
 * @param {string} text
 * @param {Engine} engine
 * @param {State} state
 * @returns {Partial<State>}
 */
function readPart(text, engine, state) {
  const split = /^([a-z0-9-]+)=(.*)$/s.exec(text);
  if (split === null) return readReference(unescapePart(text), engine);
  const part = PARTS.find(({ key }) => key === split[1]);
  if (part === undefined) throw new RangeError(`'${unescapePart(text)}' is not a setting of this page: leave it out`);
  return part.read(unescapePart(split[2] ?? ""), engine, state);
}
