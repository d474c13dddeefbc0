/** The totals as large exact integers, each with its unit, its convention and its ratio to the second network. */

import { nameOf, withVersus } from "../state/state.js";
import { debounce, h, setText } from "../ui/dom.js";
import { formatBytes, formatCount, formatRatio, formatShort } from "../ui/format.js";
import { createSelect } from "../ui/field.js";
import { toOption } from "./choices.js";

/** How long a total has to rest before a screen reader says it. */
const REST = 700;

/**
 * The numbers of a setting that the page shows as totals.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 */
export function listTotals(engine, state) {
  const { mult_adds, params, activations } = engine.totals(state);
  return { mult_adds, params, activations, peak: findPeak(engine, state), flash: engine.flash(state, state.dtype) };
}

/**
 * The peak of memory in bytes; null if the maps of the network are not known.
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 */
function findPeak(engine, state) {
  try {
    return engine.memory(state, state.allocator).peak * engine.bytes(state.dtype);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createTotals({ engine, store }) {
  const stats = {
    mult_adds: createStat("multiply-adds", "stat-first"),
    params: createStat("parameters"),
    activations: createStat("activations, elements"),
    peak: createStat("bytes, peak memory"),
    flash: createStat("bytes, flash for weights"),
  };
  const allocator = createSelect({
    id: "allocator",
    label: "Memory model",
    onChange: (value) => void store.update({ allocator: value }),
  });
  const dtype = createSelect({ id: "dtype", label: "Number format", onChange: (value) => void store.update({ dtype: value }) });
  const status = h("p", { class: "offscreen", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  const say = debounce(() => setText(status, describe(engine, store.state)), REST);
  const allocators = engine.allocators.map(nameOf).map(toOption);
  const dtypes = engine.dtypes.map(nameOf).map(toOption);
  return {
    element: h(
      "div",
      { class: "totals" },
      h(
        "div",
        { class: "stats" },
        ...Object.values(stats).map(({ element }) => element),
        h("div", { class: "stats-settings" }, allocator.element, dtype.element),
      ),
      status,
    ),
    update(state) {
      const totals = listTotals(engine, state);
      const others = state.versus === null ? null : listTotals(engine, withVersus(state));
      for (const [name, stat] of Object.entries(stats)) {
        const key = /** @type {keyof typeof totals} */ (name);
        stat.update(totals[key], name === "peak" || name === "flash" ? formatBytes : formatShort, others && others[key]);
      }
      setText(stats.mult_adds.unit, `multiply-adds, counted as ${state.convention}`);
      allocator.update(allocators, state.allocator);
      dtype.update(dtypes, state.dtype);
      say();
    },
  };
}

/**
 * @param {string} unit
 * @param {string} [className]
 */
function createStat(unit, className = "") {
  const count = h("span", { class: "stat-count" });
  const short = h("span", { class: "stat-short" });
  const ratio = h("span", { class: "stat-ratio" });
  const words = h("span", { class: "stat-unit" }, unit);
  const element = h(
    "div",
    { class: `stat ${className}` },
    count,
    words,
    h("span", { class: "stat-more" }, short, ratio),
  );
  return {
    element,
    unit: words,
    /**
     * @param {number | null} value
     * @param {(value: number) => string} shorten
     * @param {number | null} other
     */
    update(value, shorten, other) {
      setText(count, value === null ? "not known" : formatCount(value));
      setText(short, value === null || value < 10_000 ? "" : shorten(value));
      setText(ratio, value === null || other === null ? "" : `${formatRatio(value, other)} of the second`);
    },
  };
}

/**
 * @param {import("../state/state.js").Engine} engine
 * @param {import("../state/state.js").State} state
 */
function describe(engine, state) {
  const { mult_adds, params, activations } = engine.totals(state);
  return (
    `${engine.spell(state)}: ${formatCount(mult_adds)} multiply-adds, counted as ${state.convention}, ` +
    `${formatCount(params)} parameters, ${formatCount(activations)} activations`
  );
}
