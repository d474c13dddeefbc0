/** Standard against separable: the V1 paper's Table 3 as four pictures that follow the sliders. */

import { h, setAttribute, setText } from "../ui/dom.js";
import { formatCount } from "../ui/format.js";
import { chooseScale } from "./lesson/boxes.js";
import { writeCommand } from "./lesson/command.js";
import { describeLayer } from "./lesson/forms.js";
import { createFormPicture } from "./lesson/picture.js";
import { explain } from "./lesson/words.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../state/state.js").State} State
 * @typedef {import("./lesson/forms.js").Layer} Layer
 */

const FORMS = 4;

/** @param {Context} context */
export function createLesson({ engine, store }) {
  const title = h("p", { class: "lesson-title" });
  const note = h("p", { class: "lesson-note", hidden: true });
  const pictures = Array.from({ length: FORMS }, (_, index) => createFormPicture(index));
  const ratio = h("dl", { class: "lesson-ratios" });
  const facts = Array.from({ length: 3 }, () => ({ term: h("dt", null), equation: h("dd", null), words: h("dd", { class: "lesson-words" }) }));
  for (const { term, equation, words } of facts) ratio.append(h("div", null, term, equation, words));
  const command = h("code", null);
  const close = h("button", { type: "button", class: "quiet", onclick: () => store.update({ block: null }) }, "Show the paper\u2019s layer");
  const element = h(
    "div",
    { class: "view view-lesson" },
    h("div", { class: "lesson-head" }, title, close),
    note,
    h("div", { class: "lesson-forms" }, ...pictures.map((picture) => picture.element)),
    h(
      "p",
      { class: "lesson-key" },
      "One box per position of the kernel. Its face has one weight per pair of an input and an output channel; its depth is " +
        "the number of positions of the map at which these weights are used. So the area of the faces is the params, and the " +
        "volume of the boxes is the mult-adds, both to scale in all pictures.",
    ),
    ratio,
    h("p", { class: "lesson-command" }, "On a terminal: ", command),
  );

  let shown = "";

  /** @param {State} state */
  function update(state) {
    const { network, alpha, resolution, implementation, block } = state;
    const key = JSON.stringify([network, alpha, resolution, implementation, block]);
    if (key === shown) return;
    shown = key;
    const layer = describeLayer(engine, state);
    setText(title, layer.title);
    close.hidden = layer.isPapers;
    note.hidden = layer.note === null && layer.problem === null;
    setText(note, layer.problem ?? layer.note ?? "");
    const scale = chooseScale(layer.forms.flatMap((form) => form.banks));
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
