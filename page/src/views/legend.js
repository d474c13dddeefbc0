/** What the colours and patterns of the network mean, and how to read its scales. */

import { h, setChildren, setText } from "../ui/dom.js";
import { s } from "../ui/svg.js";
import { createPatterns, fillOf, KINDS, kindsOf } from "./kinds.js";

/** @param {string} prefix */
export function createLegend(prefix) {
  const own = `${prefix}-legend`;
  const entries = new Map(KINDS.map(([kind, words], index) => [kind, h("li", { class: "legend-entry" },
    s("svg", { class: "legend-swatch", width: 20, height: 14, viewBox: "0 0 20 14", "aria-hidden": "true" },
      index === 0 ? createPatterns(own) : null,
      s("rect", { class: "map", x: 0.5, y: 0.5, width: 19, height: 13, fill: fillOf(own, kind) })),
    words)]));
  const sums = h("li", { class: "legend-entry" },
    s("svg", { class: "legend-swatch", width: 24, height: 14, viewBox: "0 0 24 14", "aria-hidden": "true" },
      s("g", { class: "arcs" }, s("path", { d: "M1 13V6Q1 2 5 2H13Q17 2 17 6" })),
      s("path", { class: "sign", transform: "translate(17 9)", d: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M-2.2 0H2.2M0 -2.2V2.2" })),
    "residual sum");
  const ghost = h("li", { class: "legend-entry" },
    s("svg", { class: "legend-swatch", width: 20, height: 14, viewBox: "0 0 20 14", "aria-hidden": "true" },
      s("path", { class: "outline", d: "M1 1H19V13H1Z" })));
  const ghostText = h("span");
  ghost.append(ghostText);
  const list = h("ul", { class: "legend", "aria-label": "Colours and patterns" });
  const scale = h("p", { class: "plot-note" }, "Height: channels. Width: side of the map. Both on a square-root scale that stays fixed. A block opens to its layers and formulas.");
  return {
    element: h("div", { class: "legend-box" }, list, scale),
    /** @param {import("./facts.js").Facts} facts */
    update({ rows, outline: { setting } }) {
      const present = new Set(kindsOf(rows));
      const kinds = KINDS.filter(([kind]) => present.has(kind) || kind === "dense").flatMap(([kind]) => entries.get(kind) ?? []);
      const hasSums = rows.some((row) => row.operator === "add");
      setChildren(list, [...kinds, ...(hasSums ? [sums] : []), ghost]);
      setText(ghostText, `outline: α ${setting.alpha}, ${setting.resolution.join("×")}`);
    },
  };
}
