/** Standard against separable: the V1 paper's Table 3 as four pictures that follow the sliders. */

import { h, setText } from "../ui/dom.js";
import { createCopyButton } from "./copying.js";
import { glide } from "./glide.js";
import { chooseScale } from "./lesson/boxes.js";
import { writeCommand } from "./lesson/command.js";
import { describeLayer } from "./lesson/forms.js";
import { createFormPicture } from "./lesson/picture.js";
import { explain } from "./lesson/words.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../state/state.js").State} State
 */

const FORMS = 4;

/** @param {Context} context */
export function createLesson(context) {
  const { engine, store } = context;
  const title = h("p", { class: "lesson-title" });
  const note = h("p", { class: "lesson-note", hidden: true });
  const pictures = Array.from({ length: FORMS }, (_, index) => createFormPicture(index));
  const ratio = h("dl", { class: "lesson-ratios" });
  const facts = Array.from({ length: 3 }, () => ({ term: h("dt", null), equation: h("dd", null), words: h("dd", { class: "lesson-words" }) }));
  for (const { term, equation, words } of facts) ratio.append(h("div", null, term, equation, words));
  const command = h("code", { class: "command", tabindex: 0 });
  const copy = createCopyButton("Copy command", () => command.textContent ?? "", "Copy the command of this lesson");
  const close = createButton("Show the paper\u2019s layer", () => store.update({ block: null }));
  const asPrinted = createButton("Set \u03b1 and \u03c1 as in the paper", () => setAsPrinted());
  const element = h(
    "div",
    { class: "view view-lesson" },
    h("div", { class: "lesson-head" }, title, close, asPrinted),
    note,
    h(
      "p",
      { class: "lesson-key" },
      "There is one box per position of the kernel. Its face has one weight per pair of an input channel (M) and an output " +
        "channel (N), and its depth is the number of positions of the map that use these weights. So the area of all faces " +
        "is the params and the volume of all boxes the mult-adds, to scale in every picture.",
    ),
    h("div", { class: "lesson-forms" }, ...pictures.map((picture) => picture.element)),
    ratio,
    h("div", { class: "command-line" }, command, copy),
  );

  let shown = "";

  /** Table 3 has alpha = 0.75, and rho = 0.714 for an input of 160 x 160. */
  function setAsPrinted() {
    const { alpha, rho } = engine.lesson;
    const own = engine.find(store.state.network).resolution;
    const resolution = own.map((side) => Math.round(side * rho));
    store.update({ block: null });
    glide(context, { alpha, resolution: /** @type {[number, number]} */ (resolution) });
  }

  /** @param {State} state */
  function update(state) {
    const { network, alpha, resolution, implementation, block } = state;
    const key = JSON.stringify([network, alpha, resolution, implementation, block]);
    if (key === shown) return;
    shown = key;
    const layer = describeLayer(engine, state);
    setText(title, layer.title);
    close.hidden = layer.isPapers;
    asPrinted.hidden = Boolean(engine.find(network).fixed) || layer.forms.every((form) => form.printed !== null);
    note.hidden = layer.note === null && layer.problem === null;
    setText(note, layer.problem ?? layer.note ?? "");
    const scale = chooseScale(layer.forms.map((form) => form.banks));
    const standard = layer.forms[0].mult_adds;
    pictures.forEach((picture, index) => picture.update(layer.forms[index] ?? null, scale, standard));
    explain(layer, state).forEach(({ term, equation, words }, index) => {
      const fact = facts[index];
      setText(fact.term, term);
      setText(fact.equation, equation);
      setText(fact.words, words);
    });
    setText(command, writeCommand(engine, state, layer));
  }

  return { element, update };
}

/**
 * @param {string} text
 * @param {() => void} onclick
 */
function createButton(text, onclick) {
  return h("button", { type: "button", class: "quiet", onclick }, text);
}
