/** The guided tour: eight steps, each a state of the page with two sentences and something to try. */

import { h, setAttribute, setText } from "../ui/dom.js";
import { glide } from "./glide.js";
import { STEPS, listShown } from "./tour/steps.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../state/state.js").State} State
 */

const TARGET = "tour-target";
/** Pixels above a target. */
const SPACE = 20;
/** Milliseconds after a step in which the page may still change its height. */
const SETTLING = 3000;

/**
 * What the tour is about. A page without V1 and V2 has only some of its steps.
 * @param {readonly number[]} shown
 */
function invite(shown) {
  if (shown.length === STEPS.length) return `${shown.length} steps, from a standard convolution to a network that fits a device.`;
  return `${shown.length === 1 ? "1 step" : `${shown.length} steps`}: ${shown.map((step) => STEPS[step]?.title).join("; ")}.`;
}

/** @param {Context} context */
export function createTour(context) {
  const { engine, store } = context;
  const shown = listShown(engine);
  const count = h("span", { class: "tour-count" });
  const title = h("span", null);
  const heading = h("h2", { id: "tour-title", class: "tour-title", tabindex: "-1" }, count, title);
  const text = h("p", { class: "tour-text" });
  const attempt = h("p", { class: "tour-attempt" });
  const leaving = createButton("quiet", "Leave", leave);
  leaving.setAttribute("aria-label", "Leave the tour");
  const previous = createButton("quiet", "Back", () => go(-1));
  const next = createButton("primary", "Next", () => (isLast() ? leave() : go(1)));
  const dots = shown.map((step, index) =>
    h(
      "button",
      { type: "button", class: "tour-dot", "aria-label": `Step ${index + 1}: ${STEPS[step].title}`, onclick: () => show(step) },
      h("span", { "aria-hidden": "true" }, index + 1),
    ),
  );
  const panel = h(
    "div",
    { class: "tour-panel", role: "group", "aria-labelledby": "tour-title", hidden: true, onkeydown: press },
    h("div", { class: "tour-head" }, heading, leaving),
    h("div", { class: "tour-words", "aria-live": "polite" }, text, attempt),
    h("div", { class: "tour-steps" }, previous, h("div", { class: "tour-dots", role: "group", "aria-label": "Steps of the tour" }, ...dots), next),
  );
  const start = createButton("primary", "Take the tour", () => {
    show(shown[0]);
    focusNext = heading;
  });
  const invitation = h(
    "div",
    { class: "tour-invitation", hidden: shown.length === 0 },
    h("p", null, invite(shown)),
    start,
  );
  const element = h("div", { class: "view view-tour" }, invitation, panel);
  /** @type {number | null} */
  let current = null;
  /** @type {HTMLElement | null} */
  let target = null;
  let until = 0;
  /** What gets the focus when it is shown. @type {HTMLElement | null} */
  let focusNext = null;
  addEventListener("resize", bring);
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(name, () => void (until = 0), { passive: true });
  // Views find their height one after the other when the page is opened.
  new ResizeObserver(bring).observe(document.body);

  /** @param {number} step */
  function show(step) {
    const { alpha, resolution, ...others } = STEPS[step].state;
    const { network, implementation, alpha: width, resolution: size } = store.state;
    const isSame = network === others.network && implementation === others.implementation;
    store.update({ ...others, ...(isSame ? { alpha: width, resolution: size } : { alpha, resolution }), tour: step });
    if (isSame) glide(context, { alpha, resolution });
  }

  function isLast() {
    return current === shown[shown.length - 1];
  }

  /** @param {number} by */
  function go(by) {
    const step = shown[shown.indexOf(/** @type {number} */ (current)) + by];
    if (step !== undefined) show(step);
  }

  function leave() {
    store.update({ tour: null });
    focusNext = start;
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") leave();
    else if (by !== undefined) go(by);
    else return;
    event.preventDefault();
  }

  /** @param {State} state */
  function update({ tour }) {
    const step = tour !== null && shown.includes(tour) ? tour : null;
    if (step === current) return;
    current = step;
    invitation.hidden = step !== null || shown.length === 0;
    panel.hidden = step === null;
    document.documentElement.classList.toggle("is-touring", step !== null);
    focusNext?.focus({ preventScroll: true });
    focusNext = null;
    target = mark(step === null ? null : STEPS[step].target);
    until = performance.now() + SETTLING;
    if (step === null) return;
    describe(step);
    requestAnimationFrame(bring); // the other views draw in this frame
  }

  /** Bring the target into sight, unless the reader has scrolled since. */
  function bring() {
    const covered = measureBar();
    panel.style.bottom = `${covered.bottom}px`;
    if (target === null || performance.now() > until) return;
    target.style.scrollMarginTop = `${covered.top + SPACE}px`;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "start", behavior: isCalm ? "auto" : "smooth" });
  }

  /** @param {number} step */
  function describe(step) {
    const position = shown.indexOf(step);
    setText(count, `${position + 1}/${shown.length}`);
    setText(title, STEPS[step].title);
    setText(text, STEPS[step].text(engine));
    setText(attempt, STEPS[step].attempt(engine));
    previous.disabled = position === 0;
    setText(next, isLast() ? "Done" : "Next");
    dots.forEach((dot, index) => setAttribute(dot, "aria-current", index === position ? "step" : null));
  }

  return { element, update };
}

/**
 * Mark what a step is about, or nothing.
 * @param {string | null} selector
 * @returns {HTMLElement | null}
 */
function mark(selector) {
  for (const marked of document.querySelectorAll(`.${TARGET}`)) marked.classList.remove(TARGET);
  const target = selector === null ? null : document.querySelector(selector);
  if (!(target instanceof HTMLElement)) return null;
  target.classList.add(TARGET);
  return target;
}

/**
 * The bar with the sliders: it covers the top of a wide window, or the bottom of a narrow one.
 * @returns {{top: number, bottom: number}} covered pixels
 */
function measureBar() {
  const bar = document.querySelector(".controls");
  if (!(bar instanceof HTMLElement)) return { top: 0, bottom: 0 };
  const { position } = getComputedStyle(bar);
  return { top: position === "sticky" ? bar.offsetHeight : 0, bottom: position === "fixed" ? bar.offsetHeight : 0 };
}

/**
 * @param {string} kind
 * @param {string} text
 * @param {() => void} onclick
 */
function createButton(kind, text, onclick) {
  return h("button", { type: "button", class: kind, onclick }, text);
}
