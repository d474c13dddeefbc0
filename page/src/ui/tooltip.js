/** One small panel that follows the pointer, or stands at the element that has the focus. */

import { h } from "./dom.js";

/**
 * Make the panel, which is hidden until it is shown. Screen readers do not read it: what it says has to be in the label
 * of the element as well.
 * @returns {{element: HTMLElement, show: (content: import("./dom.js").Children, at: {x: number, y: number}) => void,
 *   hide: () => void}}
 */
export function createTooltip() {
  const element = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true });
  return {
    element,
    show(content, at) {
      element.replaceChildren();
      for (const child of [content].flat()) {
        if (child !== null && child !== undefined && child !== false) {
          element.append(typeof child === "number" ? String(child) : child);
        }
      }
      element.hidden = false;
      const { width, height } = element.getBoundingClientRect();
      const x = Math.max(8, Math.min(at.x + 14, innerWidth - width - 8));
      const y = at.y + 18 + height > innerHeight ? Math.max(8, at.y - height - 12) : at.y + 18;
      element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    },
    hide() {
      element.hidden = true;
    },
  };
}

/** The panel that all views share; `main.js` puts it into the page. */
let shared = /** @type {ReturnType<typeof createTooltip> | null} */ (null);

/** The panel that all views share. */
export function tooltip() {
  shared ??= createTooltip();
  return shared;
}
