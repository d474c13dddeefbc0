/** What is drawn, and when: while the numbers move, what is in sight follows; as soon as they rest, the whole page does. */

/** @typedef {import("./context.js").View} View */
/** @typedef {import("./state/state.js").State} State */

const MOVING = "is-moving";
/** How long no change may come, in milliseconds, before the numbers rest. */
const REST = 300;
/** How far from the window something still counts as in sight. */
const AHEAD = "10% 0px";

/**
 * Make what draws states. A view in a section that is out of sight draws when that comes into sight, when the page is
 * printed, and when the numbers rest; all others draw at once.
 * @param {HTMLElement} main It has the class `is-moving` until the numbers rest.
 * @param {readonly View[]} views
 * @param {State} initial
 */
export function createDisplay(main, views, initial) {
  let state = initial;
  /** @type {Map<Element, View[]>} */
  const sections = new Map();
  /** @type {Set<View>} */
  const unseen = new Set();
  /** @type {Set<View>} */
  const late = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      for (const view of sections.get(target) ?? []) {
        if (isIntersecting) unseen.delete(view);
        else unseen.add(view);
      }
    }
    catchUp([...late].filter((view) => !unseen.has(view)));
  }, { rootMargin: AHEAD });
  for (const view of views) {
    const section = view.element.closest(".slot");
    if (section === null) continue;
    sections.set(section, [...(sections.get(section) ?? []), view]);
    observer.observe(section);
  }
  addEventListener("beforeprint", () => catchUp(late));

  /** @param {Iterable<View>} behind */
  function catchUp(behind) {
    for (const view of [...behind]) {
      late.delete(view);
      view.update(state);
    }
  }

  function rest() {
    main.classList.remove(MOVING);
    catchUp(late);
  }

  /** @param {State} next */
  function show(next) {
    state = next;
    main.classList.add(MOVING);
    clearTimeout(timer);
    timer = setTimeout(rest, REST);
    for (const view of unseen) late.add(view);
    for (const view of views) {
      if (!late.has(view)) view.update(state);
    }
  }

  show(initial);
  return {
    show,
    /** The state that is drawn. */
    get state() {
      return state;
    },
  };
}
