/** The line at the top of a printed page: what is shown, and how to see it again. */

import { tableCommand } from "../export/command.js";
import { headline } from "../export/sheet.js";
import { h, setText } from "../ui/dom.js";

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createPaper({ engine }) {
  const title = h("b");
  const command = h("code");
  return {
    element: h("p", { class: "paper-only paper-line" }, title, h("br"), command),
    update(state) {
      const { name, title: meaning } = engine.convention(state);
      const versus = state.versus === null ? "" : `, beside ${engine.spell(state.versus)}`;
      setText(title, `${headline(engine, state).replaceAll("  ", ", ")}${versus}; counted as ${name}: ${meaning}`);
      setText(command, tableCommand(engine, state));
    },
  };
}
