/** One limit: what is typed, what the setting needs, and a gauge with both. */

import { h, setAttribute, setText } from "../../ui/dom.js";
import { judge, measure } from "../../budget/limits.js";
import { titleOf, writeDistance, writeValue } from "./words.js";

/**
 * @typedef {import("../../context.js").Context} Context
 * @typedef {import("../../state/state.js").State} State
 * @typedef {import("../../budget/limits.js").Limit} Limit
 * @typedef {import("../../budget/limits.js").Value} Value
 * @typedef {import("../../budget/limits.js").Judgement} Judgement
 */

/** @type {Readonly<Record<Limit["name"], string>>} */
const EXAMPLES = { ram: "256KiB", flash: "1MiB", mult_adds: "300M", milliseconds: "30ms", top1: "65" };
/** The limit is at two thirds of a gauge, so that half as much again is seen. */
const GAUGE = 1.5;

/**
 * @param {Context} context
 * @param {Limit} limit
 * @param {(value: number | null) => void} change what to do when another limit is typed
 * @param {HTMLElement[]} extras controls that belong to the limit
 */
export function createRow({ engine }, limit, change, extras) {
  const { name } = limit;
  const id = `budget-${name}`;
  const title = limit.isLeast ? `${titleOf(name)}, at least` : `${titleOf(name)}, at most`;
  const input = h("input", {
    id,
    type: "text",
    class: "budget-input",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: EXAMPLES[name],
    "aria-describedby": `${id}-error ${id}-value`,
    oninput: () => read(false),
    onchange: () => read(true),
  });
  const error = h("p", { class: "budget-error", id: `${id}-error`, role: "alert" });
  const fill = h("span", { class: "gauge-fill" });
  const range = h("span", { class: "gauge-range" });
  const tick = h("span", { class: "gauge-limit" });
  const gauge = h("span", { class: "gauge", "aria-hidden": "true" }, fill, range, tick);
  const value = h("span", { class: "budget-value", id: `${id}-value` });
  const distance = h("span", { class: "budget-distance" });
  const element = h(
    "div",
    { class: "budget-row" },
    h("label", { for: id }, title),
    input,
    extras.length > 0 ? h("div", { class: "budget-extras" }, ...extras) : null,
    h("div", { class: "budget-use" }, gauge, h("p", null, value, " ", distance)),
    error,
  );
  /** @type {number | null} */
  let shown = null;

  /** @param {boolean} isFinal whether the user has finished typing, so that a mistake is said */
  function read(isFinal) {
    const text = input.value.trim();
    try {
      const typed = text === "" ? null : limit.parse(text);
      setText(error, "");
      setAttribute(input, "aria-invalid", null);
      if (typed !== shown) change(typed);
      shown = typed;
    } catch (problem) {
      if (!(problem instanceof RangeError)) throw problem;
      if (!isFinal) return;
      setText(error, problem.message);
      setAttribute(input, "aria-invalid", "true");
    }
  }

  /**
   * @param {State} state
   * @param {Judgement | null} binding
   */
  function update(state, binding) {
    const most = state.budget[name];
    if (most !== shown) {
      shown = most;
      input.value = most === null ? "" : limit.spell(most);
      setText(error, "");
      setAttribute(input, "aria-invalid", null);
    }
    const measured = measure(engine, state, name);
    const isAsked = most !== null && !(name === "milliseconds" && state.device === null);
    const verdict = isAsked ? judge(limit, most, measured) : null;
    setText(value, writeValue(name, measured));
    setText(distance, isAsked && verdict !== null ? writeDistance({ limit, most, measured, verdict, share: null }) : "");
    const isBinding = binding?.limit === limit;
    setAttribute(element, "class", `budget-row${isAsked ? ` is-${String(verdict).replace(" ", "-")}` : ""}${isBinding ? " is-binding" : ""}`);
    gauge.hidden = !isAsked || measured.value === null;
    if (isAsked && measured.value !== null) draw(most, measured);
  }

  /**
   * @param {number} most
   * @param {Value} measured
   */
  function draw(most, { value: needed, low, high }) {
    const end = limit.isLeast ? 100 : most * GAUGE;
    const at = (/** @type {number} */ amount) => `${Math.min(100, (100 * amount) / (end || 1))}%`;
    fill.style.width = at(/** @type {number} */ (needed));
    tick.style.left = at(most);
    range.hidden = low === null || high === null || low === high;
    if (low !== null && high !== null) {
      range.style.left = at(low);
      range.style.right = `${100 - Number.parseFloat(at(high))}%`;
    }
  }

  return { element, update };
}
