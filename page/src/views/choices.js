/** Which network, whose rules, how many classes, and how they are counted. */

import { nameOf } from "../state/state.js";
import { parseCount } from "../state/quantity.js";
import { h } from "../ui/dom.js";
import { createEntry, createSelect } from "../ui/field.js";
import { attempt } from "./controls.js";

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createChoices({ engine, store }) {
  const network = createSelect({
    id: "network",
    label: "Network",
    onChange: (value) => void store.update({ network: value }),
    className: "field-wide",
  });
  const implementation = createSelect({
    id: "implementation",
    label: "Implementation",
    onChange: (value) => void store.update({ implementation: value }),
  });
  const classes = createEntry({
    id: "classes",
    label: "Classes",
    inputmode: "numeric",
    className: "field-narrow",
    onEntry: (text) => attempt(() => store.update({ classes: parseCount(text) })),
  });
  const convention = createSelect({
    id: "convention",
    label: "Counted as",
    onChange: (value) => void store.update({ convention: value }),
    className: "field-widest",
  });
  const networks = engine.networks.map(toOption);
  const conventions = engine.conventions.map((convention) => ({
    ...toOption(convention),
    group: convention.earlier ? "Earlier versions of tools" : "Conventions",
  }));
  return {
    element: h(
      "div",
      { class: "choices", role: "group", "aria-label": "Network and convention" },
      network.element,
      implementation.element,
      classes.element,
      convention.element,
    ),
    update(state) {
      const chosen = engine.find(state.network);
      network.update(networks, state.network);
      implementation.update(Object.keys(chosen.implementations).map(toOption), state.implementation);
      classes.update(String(state.classes), !chosen.has_classes);
      convention.update(conventions, state.convention);
    },
  };
}

/**
 * @param {string | {name: string, title?: string}} choice
 * @returns {import("../ui/field.js").Option}
 */
export function toOption(choice) {
  const name = nameOf(choice);
  const title = typeof choice === "string" ? "" : (choice.title ?? "");
  return { value: name, text: title && title !== name ? `${name} \u2013 ${title}` : name };
}
