/** Selects and fields with their labels. */

import { h, setChildren } from "./dom.js";

/** @typedef {{value: string, text: string, group?: string}} Option */

/**
 * A select with its label above it.
 * @param {{id: string, label: string, onChange: (value: string) => void, className?: string}} options
 */
export function createSelect({ id, label, onChange, className = "" }) {
  const select = h("select", { id, onchange: () => onChange(select.value) });
  const element = h("div", { class: `field ${className}` }, h("label", { for: id }, label), select);
  let shown = "";
  return {
    element,
    select,
    /**
     * @param {readonly Option[]} options
     * @param {string} value
     */
    update(options, value) {
      const key = JSON.stringify(options);
      if (key !== shown) {
        shown = key;
        setChildren(select, groupOptions(options));
      }
      if (select.value !== value) select.value = value;
      select.disabled = options.length < 2;
    },
  };
}

/**
 * A text field with its label above it. What is wrong with a text is written below it.
 * @param {{id: string, label: string, onEntry: (text: string) => string | null, inputmode?: string,
 *   placeholder?: string, className?: string}} options
 */
export function createEntry({ id, label, onEntry, inputmode = "text", placeholder = "", className = "" }) {
  const problem = h("p", { class: "problem", id: `${id}-problem`, hidden: true });
  const input = h("input", { type: "text", id, inputmode, placeholder, autocomplete: "off", spellcheck: "false" });
  const element = h("div", { class: `field ${className}` }, h("label", { for: id }, label), input, problem);
  input.addEventListener("change", () => {
    const message = onEntry(input.value);
    problem.textContent = message ?? "";
    problem.hidden = message === null;
    if (message === null) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    } else {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", problem.id);
    }
  });
  return {
    element,
    input,
    /**
     * @param {string} text
     * @param {boolean} [isDisabled]
     */
    update(text, isDisabled = false) {
      if (document.activeElement !== input || problem.hidden) {
        if (input.value !== text) input.value = text;
        problem.hidden = true;
        input.removeAttribute("aria-invalid");
      }
      input.disabled = isDisabled;
    },
  };
}

/**
 * The options as elements, under the names of their groups.
 * @param {readonly Option[]} options
 * @returns {HTMLElement[]}
 */
function groupOptions(options) {
  const make = (/** @type {Option} */ option) => h("option", { value: option.value }, option.text);
  const groups = [...new Set(options.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const members = options.filter((option) => option.group === group).map(make);
    return group === undefined ? members : [h("optgroup", { label: group }, ...members)];
  });
}
