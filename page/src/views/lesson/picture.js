/** One form of the layer: its filters as boxes, its counts with their factors, and what the paper prints. */

import { h, setAttribute, setText } from "../../ui/dom.js";
import { formatCount } from "../../ui/format.js";
import { s } from "../../ui/svg.js";
import { createPatterns, fillOf } from "../kinds.js";
import { WIDTH, drawBanks } from "./boxes.js";
import { describePicture, writeFactors, writePrinted } from "./words.js";

/** @typedef {import("./forms.js").Form} Form */
/** @typedef {import("./boxes.js").Scale} Scale */

const MOST_BANKS = 2;

/** @param {number} index */
export function createFormPicture(index) {
  const prefix = `lesson-${index}`;
  const groups = Array.from({ length: MOST_BANKS }, () => createBank(prefix));
  const picture = s(
    "svg",
    { role: "img", class: "lesson-picture" },
    createPatterns(prefix),
    ...groups.map(({ element }) => element),
  );
  const title = h("span", { class: "lesson-form-title" });
  const scale = h("span", { class: "lesson-scale" });
  const fill = h("span", { class: "lesson-bar-fill" });
  const share = h("span", { class: "lesson-share" });
  const count = h("strong", { class: "lesson-count" });
  const factors = h("span", { class: "lesson-factors" });
  const params = h("strong", null);
  const weights = h("span", { class: "lesson-factors" });
  const printed = h("p", { class: "lesson-printed" });
  const element = h(
    "figure",
    { class: "lesson-form" },
    h("figcaption", null, h("h3", null, title, " ", scale)),
    picture,
    h("div", { class: "lesson-bar" }, h("span", { class: "lesson-bar-track", "aria-hidden": "true" }, fill), share),
    h("p", { class: "lesson-number" }, h("span", null, count, " mult-adds"), factors),
    h("p", { class: "lesson-number" }, h("span", null, params, " params"), weights),
    printed,
  );

  /**
   * @param {Form | null} form
   * @param {Scale} boxes
   * @param {number} standard mult-adds of the standard form
   */
  function update(form, boxes, standard) {
    element.hidden = form === null;
    if (form === null) return;
    setText(title, form.title);
    setText(scale, form.scale ?? "");
    setAttribute(picture, "aria-label", describePicture(form));
    setAttribute(picture, "viewBox", `0 0 ${WIDTH} ${boxes.height}`);
    const drawn = drawBanks(form.banks, boxes);
    groups.forEach((group, position) => group.update(drawn[position] ?? null));
    fill.style.width = `${(100 * form.mult_adds) / standard}%`;
    setText(share, index === 0 ? "100 %" : `${((100 * form.mult_adds) / standard).toFixed(2)} %`);
    setText(count, formatCount(form.mult_adds));
    setText(params, formatCount(form.params));
    setText(factors, writeFactors(form, true));
    setText(weights, writeFactors(form, false));
    setText(printed, writePrinted(form));
  }

  return { element, update };
}

/** @param {string} prefix */
function createBank(prefix) {
  const tops = s("path", { class: "lesson-top" });
  const sides = s("path", { class: "lesson-side" });
  const fronts = s("path", { class: "lesson-front" });
  const across = s("text", { class: "lesson-label", "text-anchor": "middle" });
  const down = s("text", { class: "lesson-label", "text-anchor": "end", "dominant-baseline": "middle" });
  const deep = s("text", { class: "lesson-label" });
  const element = s("g", null, tops, sides, fronts, across, down, deep);

  /** @param {import("./boxes.js").Drawn | null} drawn */
  function update(drawn) {
    setAttribute(element, "display", drawn === null ? "none" : null);
    if (drawn === null) return;
    setAttribute(element, "class", `lesson-bank kind-${drawn.kind}`);
    setAttribute(tops, "d", drawn.tops);
    setAttribute(sides, "d", drawn.sides);
    setAttribute(fronts, "d", drawn.fronts);
    setAttribute(fronts, "fill", fillOf(prefix, drawn.kind));
    for (const [node, label] of /** @type {const} */ ([
      [across, drawn.labels.across],
      [down, drawn.labels.down],
      [deep, drawn.labels.deep],
    ])) {
      setAttribute(node, "x", label.x.toFixed(1));
      setAttribute(node, "y", label.y.toFixed(1));
      setText(node, label.text);
    }
  }

  return { element, update };
}
