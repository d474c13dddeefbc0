/** Copy the table as a text, or the command that prints it. */

import { tableCommand } from "../export/command.js";
import { toCsv, toLatex, toMarkdown } from "../export/formats.js";
import { createSheet } from "../export/sheet.js";
import { h, setText } from "../ui/dom.js";
import { copyText } from "../ui/download.js";

/** How long a button says that it has copied. */
const SAID = 1600;

/**
 * A button that copies a text, and says so.
 * @param {string} label
 * @param {() => string} makeText
 * @param {string} [description] What a screen reader calls it.
 */
export function createCopyButton(label, makeText, description) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const words = h("span", { "aria-live": "polite" }, label);
  const button = h("button", { type: "button", class: "quiet", title: description ?? null }, words);
  button.addEventListener("click", async () => {
    const isCopied = await copyText(makeText());
    words.textContent = isCopied ? "Copied" : "Not allowed";
    clearTimeout(timer);
    timer = setTimeout(() => {
      words.textContent = label;
    }, SAID);
  });
  return button;
}

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createCopying({ engine, store }) {
  const command = h("code", { class: "command", tabindex: 0 });
  const sheet = () => createSheet(engine, store.state);
  return {
    element: h(
      "div",
      { class: "copying" },
      h("div", { class: "command-line" }, command, createCopyButton("Copy command", () => tableCommand(engine, store.state))),
      h(
        "div",
        { class: "copy-buttons", role: "group", "aria-label": "Copy the table" },
        createCopyButton("Markdown", () => toMarkdown(sheet()), "Copy the table as Markdown"),
        createCopyButton("LaTeX", () => toLatex(sheet()), "Copy the table as LaTeX"),
        createCopyButton("CSV", () => toCsv(sheet()), "Copy the table as CSV"),
      ),
    ),
    update(state) {
      setText(command, tableCommand(engine, state));
    },
  };
}
