/** A second network beside the first: every number as a ratio. */

import { compareCommand } from "../export/command.js";
import { defaultReference, fitReference, withVersus } from "../state/state.js";
import { parseNumber, parseResolution } from "../state/quantity.js";
import { h, keyed, setText } from "../ui/dom.js";
import { formatAlpha, formatCount, formatRatio, formatResolution } from "../ui/format.js";
import { createEntry, createSelect } from "../ui/field.js";
import { attempt } from "./controls.js";
import { createCopyButton } from "./copying.js";
import { toOption } from "./choices.js";
import { listTotals } from "./totals.js";
import { createPictures } from "./versus/pictures.js";

/** @type {Record<string, string>} */
const LABELS = {
  mult_adds: "multiply-adds",
  params: "parameters",
  activations: "activations (elements)",
  peak: "peak memory (bytes)",
  flash: "flash (bytes)",
};
const NONE = "";

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createVersus(context) {
  const { engine, store } = context;
  /** @param {Partial<import("../state/state.js").Reference>} change */
  const change = (change) => {
    const { versus } = store.state;
    return versus === null ? null : store.update({ versus: { ...versus, ...change } });
  };
  const network = createSelect({ id: "versus-network", label: "Second network", onChange: choose, className: "field-wide" });
  const alpha = createEntry({
    id: "versus-alpha",
    label: "Width \u03b1",
    inputmode: "decimal",
    className: "field-narrow",
    onEntry: (text) => attempt(() => change({ alpha: parseNumber(text) })),
  });
  const resolution = createEntry({
    id: "versus-resolution",
    label: "Resolution \u03c1",
    className: "field-narrow",
    onEntry: (text) => attempt(() => change({ resolution: parseResolution(text) })),
  });
  const implementation = createSelect({
    id: "versus-implementation",
    label: "Implementation",
    onChange: (value) => void change({ implementation: value }),
  });
  const swap = h("button", { type: "button", class: "quiet", onclick: exchange }, "Swap");
  const body = h("tbody");
  const first = h("th", { scope: "col", class: "number" });
  const second = h("th", { scope: "col", class: "number" });
  const table = h(
    "table",
    { class: "pairs" },
    h("caption", { class: "offscreen" }, "Totals of both networks"),
    h("thead", null, h("tr", null, h("td"), first, second, h("th", { scope: "col", class: "number" }, "ratio"), h("td", { class: "pair-bar-cell" }))),
    body,
  );
  const result = h(
    "div",
    { class: "scroll" },
    table,
    createCopyButton("Copy command", () => compareCommand(engine, store.state), "Copy the command that compares both"),
  );
  const draw = keyed(
    body,
    (/** @type {{name: string, value: number, other: number}} */ { name }) => name,
    ({ name }) =>
      h(
        "tr",
        null,
        h("th", { scope: "row" }, LABELS[name] ?? name),
        h("td", { class: "number" }),
        h("td", { class: "number" }),
        h("td", { class: "number ratio" }),
        h("td", { class: "pair-bar-cell", "aria-hidden": "true" }, h("span", { class: "pair-bar" }), h("span", { class: "pair-bar other" })),
      ),
    (row, { value, other }) => {
      const [, one, two, ratio, bars] = row.children;
      setText(/** @type {Element} */ (one), formatCount(value));
      setText(/** @type {Element} */ (two), formatCount(other));
      setText(/** @type {Element} */ (ratio), formatRatio(value, other));
      const most = Math.max(1, value, other);
      [value, other].forEach((length, index) => {
        /** @type {HTMLElement} */ (bars?.children[index]).style.width = `${(100 * length) / most}%`;
      });
    },
  );

  const pictures = createPictures(context);

  /** @param {string} value */
  function choose(value) {
    const { state } = store;
    const same = defaultReference(engine, state.network);
    if (value === NONE) store.update({ versus: null });
    else store.update({ versus: value === state.network ? same : fitReference(engine, { ...state, network: value }) });
  }

  function exchange() {
    const { network, alpha, resolution, implementation, versus } = store.state;
    if (versus !== null) store.update({ ...versus, versus: { network, alpha, resolution, implementation } });
  }

  const networks = [{ value: NONE, text: "none" }, ...engine.networks.map(toOption)];
  return {
    element: h(
      "div",
      { class: "versus" },
      h("div", { class: "choices" }, network.element, alpha.element, resolution.element, implementation.element, swap),
      pictures.element,
      result,
    ),
    update(state) {
      const { versus } = state;
      network.update(networks, versus?.network ?? NONE);
      const isNone = versus === null;
      for (const part of [alpha.element, resolution.element, implementation.element, swap, pictures.element, result]) part.hidden = isNone;
      pictures.element.closest(".slot")?.classList.toggle("is-empty", isNone);
      if (versus === null) return;
      const { implementations, fixed } = engine.find(versus.network);
      const isFixed = fixed !== undefined;
      alpha.update(formatAlpha(versus.alpha), isFixed);
      resolution.update(formatResolution(versus.resolution), isFixed);
      implementation.update(Object.keys(implementations).map(toOption), versus.implementation);
      pictures.update(state);
      setText(first, breakable(engine.spell(state)));
      setText(second, breakable(engine.spell(versus)));
      const one = listTotals(engine, state);
      const two = listTotals(engine, withVersus(state));
      draw(
        Object.entries(one).flatMap(([name, value]) => {
          const other = two[/** @type {keyof typeof two} */ (name)];
          return value === null || other === null ? [] : [{ name, value, other }];
        }),
      );
    },
  };
}

/**
 * A reference that can be broken before its parts, where a column is narrow.
 * @param {string} reference
 */
function breakable(reference) {
  return reference.replace(/[@:]/g, "\u200b$&");
}
