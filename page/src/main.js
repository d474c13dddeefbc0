/** The start of the page: data, engine, state, views, and what the page offers to whoever embeds it. */

import { readData } from "./data.js";
import { createDisplay } from "./display.js";
import { createEngine } from "./engine/engine.js";
import { createLayout } from "./layout.js";
import { readAddress, readReference } from "./state/address.js";
import { followAddress } from "./state/history.js";
import { createStore } from "./state/store.js";
import { fitPicturesOnPaper } from "./ui/paper.js";
import { tooltip } from "./ui/tooltip.js";
import { VIEWS } from "./views/index.js";

/** @param {HTMLElement} main */
function start(main) {
  const data = /** @type {import("./engine/types.js").PageData} */ (readData(document));
  if (!data.networks?.length) {
    main.textContent = "This page has no network.";
    return;
  }
  const engine = createEngine(data);
  const { state, messages } = readAddress(location.hash, engine);
  const store = createStore(engine, state);
  const context = { engine, store };
  const views = Object.fromEntries(Object.entries(VIEWS).map(([name, create]) => [name, create(context)]));
  createLayout(main, views, { name: () => engine.spell(store.state), title: data.title, version: `mbcost ${data.version}` });
  document.body.append(tooltip().element);
  const display = createDisplay(main, Object.values(views), state);
  store.subscribe(display.show);
  followAddress(store, engine);
  fitPicturesOnPaper();
  store.report(messages);
  Object.assign(window, { mbcost: createOffer(engine, display, data.version) });
}

/**
 * What the page offers as `window.mbcost`.
 * @param {import("./state/state.js").Engine} engine
 * @param {{readonly state: import("./state/state.js").State}} display
 * @param {string} version
 */
function createOffer(engine, display, version) {
  return Object.freeze({
    version,
    /** What is shown: a change that the next frame will show is not in it yet. */
    get state() {
      return structuredClone(display.state);
    },
    /**
     * The costs of a network, as `mbcost table --format json` has them.
     * @param {string} reference Such as `v2@0.75/160:official`.
     * @param {{classes?: number, convention?: string}} [settings]
     */
    costs(reference, { classes = 1000, convention = "macs" } = {}) {
      const setting = { ...readReference(reference, engine), classes, convention };
      const problem = engine.check(setting);
      if (problem) throw new RangeError(problem);
      const { params, mult_adds, activations, rows } = engine.costs(setting);
      return structuredClone({ params, mult_adds, activations, rows });
    },
  });
}

const main = document.getElementById("mbcost");
if (main !== null) start(main);
