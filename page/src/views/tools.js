/** The tools at the top: share what is shown, print it, light or dark; and the line with messages. */

import { writeAddress } from "../state/address.js";
import { tableCommand } from "../export/command.js";
import { h } from "../ui/dom.js";
import { createTheme } from "../ui/theme.js";
import { createCopyButton } from "./copying.js";

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createTools({ engine, store }) {
  const theme = h("button", { type: "button", class: "quiet", onclick: () => toggle() });
  const { toggle } = createTheme((name) => {
    theme.textContent = name === "dark" ? "Light" : "Dark";
    theme.setAttribute("aria-label", name === "dark" ? "Use light colours" : "Use dark colours");
  });
  const address = () => location.href.replace(/#.*$/s, "") + writeAddress(store.state, engine);
  return {
    element: h(
      "div",
      { class: "tools", role: "group", "aria-label": "Share, print, colours" },
      createCopyButton("Copy link", address, "Copy the address of what is shown"),
      createCopyButton("Copy command", () => tableCommand(engine, store.state), "Copy the command that prints this table"),
      h("button", { type: "button", class: "quiet tool-print", onclick: () => print() }, "Print"),
      theme,
    ),
    update() {},
  };
}
