/** Both networks, one below the other and to one scale: what is larger in the picture is larger in the network. */

import { withVersus } from "../../state/state.js";
import { h, setAttribute, setText } from "../../ui/dom.js";
import { chooseHeights } from "../columns.js";
import { createDrawing } from "../drawing.js";
import { factsOf } from "../facts.js";
import { createPatterns } from "../kinds.js";
import { createTrack, GUTTER, layoutTogether } from "../track.js";

const ROOM = 96;

/** @param {import("../../context.js").Context} context */
export function createPictures({ engine, store }) {
  const pair = {};
  const pictures = ["first", "second"].map((name) => createPicture(pair, name, () => update(store.state)));
  const contexts = pictures.map(() => ({ engine }));

  /** @param {import("../../state/state.js").State} state */
  function update(state) {
    if (state.versus === null) return;
    const states = [state, withVersus(state)];
    const facts = contexts.map((context, index) => factsOf(context, states[index] ?? state));
    const room = pictures[0]?.track.room() ?? 0;
    const layouts = layoutTogether(facts, room);
    const { up, plot } = chooseHeights(facts, ROOM);
    pictures.forEach(({ name, track, drawing }, index) => {
      const [shown, layout] = [facts[index], layouts[index]];
      if (shown === undefined || layout === undefined) return;
      setText(name, engine.spell(shown.setting));
      const width = Math.max(layout.width, room - GUTTER - 8);
      track.resize(layout.width, drawing.update(shown, layout, { up, plot, width }));
    });
  }

  return { element: h("div", { class: "pictures-pair" }, ...pictures.map(({ element }) => element)), update };
}

/**
 * @param {object} pair
 * @param {string} name
 * @param {() => void} onResize
 */
function createPicture(pair, name, onResize) {
  const prefix = `versus-${name}`;
  const track = createTrack(pair, { name: prefix, onResize });
  track.picture.prepend(createPatterns(prefix));
  const title = h("h3", { class: "picture-name" });
  // What scrolls sideways can be reached by keyboard.
  for (const [key, value] of Object.entries({ tabindex: 0, role: "region", "aria-label": `Picture of the ${name} network` })) {
    setAttribute(track.region, key, value);
  }
  return { element: h("div", null, title, track.region), name: title, track, drawing: createDrawing(track.body, track.axis, prefix) };
}
