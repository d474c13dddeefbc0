/** What fits a budget: limits as they are typed, what the setting needs, which limit binds, and the best setting. */

import { NO_BUDGET, defaultState } from "../state/state.js";
import { h, keyed, setText } from "../ui/dom.js";
import { writeFit } from "../budget/command.js";
import { LIMITS, combine, findBinding, fits, judgeAll, listAsked } from "../budget/limits.js";
import { createRow } from "./budget/row.js";
import { createSearching } from "./budget/searching.js";
import { labelSetting, writeBest, writeNotes, writeVerdict } from "./budget/words.js";
import { createCopyButton } from "./copying.js";
import { glide } from "./glide.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../state/state.js").State} State
 * @typedef {import("../state/state.js").Budget} Budget
 * @typedef {import("../budget/search.js").Found} Found
 */

/** @type {readonly {title: string, budget: Partial<Budget>}[]} */
const EXAMPLES = [
  { title: "320 KiB RAM, 1 MiB flash", budget: { ram: 320 * 1024, flash: 1024 ** 2 } },
  { title: "100 M mult-adds", budget: { mult_adds: 1e8 } },
  { title: "30 ms", budget: { milliseconds: 30 } },
  { title: "65 % top-1 in 1 MiB RAM", budget: { ram: 1024 ** 2, top1: 65 } },
];

/** @param {Context} context */
export function createBudget(context) {
  const { engine, store } = context;
  const usual = defaultState(engine);
  const { devices } = engine;
  const allocator = createSelect("Allocation model", engine.allocators.map((name) => [name, name]), (value) => store.update({ allocator: value }));
  const dtype = createSelect("Number format", engine.dtypes.map(({ name }) => [name, name]), (value) => store.update({ dtype: value }));
  const device = createSelect(
    "Device",
    [["", "no device"], ...devices.map(({ name, title }) => [name, title])],
    (value) => store.update({ device: value || null }),
  );
  /** @type {Partial<Record<keyof Budget, HTMLElement[]>>} */
  const extras = { ram: [allocator, dtype], milliseconds: [device] };
  const limits = LIMITS.filter(({ name }) => name !== "milliseconds" || devices.length > 0);
  const rows = limits.map((limit) =>
    createRow(context, limit, (value) => setLimits({ [limit.name]: value }), extras[limit.name] ?? []),
  );
  const verdict = h("p", { class: "budget-verdict" });
  const best = h("p", { class: "budget-best", role: "status" });
  const take = h("button", { type: "button", class: "primary", onclick: () => takeBest() }, "Show it");
  const command = h("code", { class: "command", tabindex: 0 });
  const copy = createCopyButton("Copy command", () => command.textContent ?? "", "Copy the command of this budget");
  const terminal = h("div", { class: "command-line" }, command, copy);
  const notes = h("div", { class: "budget-notes" });
  const drawNotes = keyed(notes, (/** @type {string} */ text) => text, (text) => h("p", null, text), () => {});
  const searching = createSearching(engine, finish);
  const examples = EXAMPLES.filter(({ budget }) => budget.milliseconds === undefined || devices.length > 0);
  const element = h(
    "div",
    { class: "view view-budget" },
    h(
      "div",
      { class: "budget-examples", role: "group", "aria-label": "Examples of budgets" },
      h("span", { class: "quiet-text", "aria-hidden": "true" }, "Examples:"),
      ...examples.map(({ title, budget }) => createButton(title, () => setLimits({ ...NO_BUDGET, ...budget }))),
      createButton("No limits", () => setLimits(NO_BUDGET)),
    ),
    h("div", { class: "budget-rows" }, ...rows.map((row) => row.element)),
    h("div", { class: "budget-answer" }, verdict, h("div", { class: "budget-choice" }, best, take), terminal),
    notes,
  );
  let searched = "";
  /** @type {Found | null} */
  let found = null;

  /** @param {Partial<Budget>} change */
  function setLimits(change) {
    const budget = { ...store.state.budget, ...change };
    const needsDevice = budget.milliseconds !== null && store.state.device === null && devices.length > 0;
    store.update({ budget, ...(needsDevice ? { device: devices[0].name } : {}) });
  }

  function takeBest() {
    if (found?.best) glide(context, { alpha: found.best.state.alpha, resolution: found.best.state.resolution });
  }

  /** @param {State} state */
  function update(state) {
    const judgements = judgeAll(engine, state);
    const binding = findBinding(judgements);
    for (const row of rows) row.update(state, binding);
    const sum = combine(judgements);
    setText(verdict, writeVerdict(labelSetting(engine, state), judgements, sum, binding));
    element.dataset.verdict = judgements.length === 0 ? "none" : sum;
    for (const [select, value] of /** @type {const} */ ([[allocator, state.allocator], [dtype, state.dtype], [device, state.device ?? ""]])) {
      const control = /** @type {HTMLSelectElement} */ (select.lastElementChild);
      if (control.value !== value) control.value = value;
    }
    const line = writeFit(engine, state, usual);
    terminal.hidden = line === null;
    setText(command, line ?? "");
    drawNotes(writeNotes(engine, state));
    search(state);
    showBest(state);
  }

  /** @param {State} state */
  function search(state) {
    const { network, implementation, classes, convention, allocator: model, dtype: format, device: name, budget } = state;
    const key = JSON.stringify([network, implementation, classes, convention, model, format, name, budget]);
    if (key === searched) return;
    searched = key;
    found = null;
    if (listAsked(state).length === 0) searching.stop();
    else searching.start(state);
  }

  /** @param {Found} answer */
  function finish(answer) {
    found = answer;
    showBest(store.state);
  }

  /** @param {State} state */
  function showBest(state) {
    const isAsked = listAsked(state).length > 0;
    const chosen = found?.best?.state;
    best.hidden = !isAsked;
    setText(best, found === null ? "Looking for the best setting \u2026" : writeBest(engine, state, found));
    const isShown = chosen?.alpha === state.alpha && chosen.resolution.every((side, axis) => side === state.resolution[axis]);
    take.hidden = !isAsked || chosen === undefined;
    take.disabled = isShown;
    setText(take, isShown ? "It is shown" : "Show it");
  }

  context.budget = {
    isAsked: () => listAsked(store.state).length > 0,
    lit: (alpha, side, resolution = [side, side]) => fits(engine, { ...store.state, alpha, resolution }),
  };
  return { element, update };
}

/**
 * @param {string} label
 * @param {readonly (readonly [string, string] | string[])[]} options
 * @param {(value: string) => void} change
 */
function createSelect(label, options, change) {
  const select = h(
    "select",
    { "aria-label": label, onchange: () => change(select.value) },
    ...options.map(([value, text]) => h("option", { value }, text)),
  );
  return h("span", { class: "budget-select" }, select);
}

/**
 * @param {string} text
 * @param {() => void} onclick
 */
function createButton(text, onclick) {
  return h("button", { type: "button", class: "quiet", onclick }, text);
}
