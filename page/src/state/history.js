/** The address follows the state, and the state follows the address when the user goes back or edits it. */

import { debounce } from "../ui/dom.js";
import { readAddress, writeAddress } from "./address.js";

/** How long the state has to rest before the address has it: a drag of a slider is one entry of the history. */
const REST = 350;

/**
 * Connect a store with the address of the page.
 * @param {import("./store.js").Store} store
 * @param {import("./state.js").Engine} engine
 */
export function followAddress(store, engine) {
  const write = debounce(() => pushFragment(writeAddress(store.state, engine)), REST);
  store.subscribe(write);
  addEventListener("popstate", () => {
    if (location.hash === writeAddress(store.state, engine)) return;
    const { state, messages } = readAddress(location.hash, engine);
    store.replace(state);
    store.report(messages);
  });
}

/** @param {string} fragment */
function pushFragment(fragment) {
  if (location.hash === fragment) return;
  const address = fragment === "" ? location.pathname + location.search : fragment;
  try {
    history.pushState(null, "", address);
  } catch {
    location.hash = fragment; // a page from disk may have no other way
  }
}
