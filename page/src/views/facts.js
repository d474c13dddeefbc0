/**
 * What the pictures ask the engine for, once per setting: several of them show the same rows, and all draw the network at
 * alpha 1 and its own resolution as an outline.
 */

/**
 * @typedef {import("../engine/types.js").Row} Row
 * @typedef {import("../engine/types.js").BlockInfo} Block
 * @typedef {{rows: Row[], blocks: Block[], setting: Setting}} Outline
 * @typedef {{rows: Row[], blocks: Block[], setting: Setting, outline: Outline, before: (Row | undefined)[]}} Facts
 *   `before` has, for each row, the row of the same name in the outline. A sum can be missing there: whether a block has
 *   one depends on its channels, and so on alpha.
 * @typedef {import("../state/state.js").State} State
 * @typedef {import("../state/state.js").Engine} Engine
 * @typedef {import("../engine/types.js").Setting} Setting
 * @typedef {import("../context.js").Context & {budget?: Budget}} Context
 * @typedef {{lit?: (alpha: number, side: number, resolution: [number, number]) => boolean}} Budget
 *   Whether a setting fits the budget of the state.
 */

/** @type {WeakMap<object, {key: string, facts: Facts}>} */
const latest = new WeakMap();
/** @type {WeakMap<object, {key: string, outline: Outline}>} */
const outlines = new WeakMap();

/**
 * The first six fields of a state: a setting of the engine.
 * @param {State} state
 * @returns {Setting}
 */
export function settingOf({ network, alpha, resolution, implementation, classes, convention }) {
  return { network, alpha, resolution, implementation, classes, convention };
}

/**
 * The rows and blocks of a state, and those at alpha 1 and the network's own resolution. They are kept per context until
 * another setting is asked for.
 * @param {{engine: Pick<Engine, "costs" | "blocks" | "find" | "check">}} context
 * @param {State} state
 * @returns {Facts}
 */
export function factsOf(context, state) {
  const { engine } = context;
  const setting = settingOf(state);
  const key = JSON.stringify(setting);
  const known = latest.get(context);
  if (known?.key === key) return known.facts;
  const outline = outlineOf(context, setting);
  const isOutline = JSON.stringify(outline.setting) === key;
  const rows = isOutline ? outline.rows : engine.costs(setting).rows;
  const named = new Map(outline.rows.map((row) => [row.name, row]));
  const facts = {
    rows, setting, outline,
    blocks: isOutline ? outline.blocks : engine.blocks(setting),
    before: rows.map((/** @type {Row} */ { name }) => named.get(name)),
  };
  latest.set(context, { key, facts });
  return facts;
}

/**
 * @param {{engine: Pick<Engine, "costs" | "blocks" | "find" | "check">}} context
 * @param {Setting} setting
 * @returns {Outline}
 */
function outlineOf(context, setting) {
  const { engine } = context;
  const { network, implementation, classes, convention } = setting;
  const key = JSON.stringify([network, implementation, classes, convention]);
  const known = outlines.get(context);
  if (known?.key === key) return known.outline;
  const { alphas, resolution } = engine.find(network);
  const own = { ...setting, alpha: alphas.includes(1) ? 1 : (alphas[0] ?? 1), resolution };
  const chosen = engine.check(own) === null ? own : setting;
  const outline = { rows: engine.costs(chosen).rows, blocks: engine.blocks(chosen), setting: chosen };
  outlines.set(context, { key, outline });
  return outline;
}
