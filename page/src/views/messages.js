/** What the page has to say about the address, or about a change that was not possible, one line each. */

import { h, setChildren } from "../ui/dom.js";

/**
 * @param {import("../context.js").Context} context
 * @returns {import("../context.js").View}
 */
export function createMessages({ store }) {
  const list = h("div", { class: "message-list" });
  const element = h("div", { class: "messages", role: "alert" }, list);
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close the message", onclick: () => show([]) }, "\u00d7");

  /** @param {readonly string[]} messages */
  function show(messages) {
    if (messages.length === 0 && !list.hasChildNodes()) return;
    setChildren(list, messages.map((message) => h("p", null, message)));
    setChildren(element, messages.length > 0 ? [list, close] : [list]);
  }
  store.onMessages(show);
  return { element, update() {} };
}
