/** A slider over numbers that differ, with the published ones marked, and a field for any other value. */

import { h, setAttribute, setText } from "./dom.js";
import { s } from "./svg.js";

/** Half the width of the thumb in pixels, as in `controls.css`: the marks start and end where its centre does. */
const THUMB = 11;
/** How near to a published value, in pixels, a pointer takes it. */
const PULL = 7;
/** The least distance of two labels in pixels. */
const LABEL = 26;

/**
 * @typedef {object} Scale What a slider offers for the network that is shown.
 * @property {readonly number[]} steps Ascending.
 * @property {readonly number[]} marks The published values.
 */
/**
 * @typedef {object} SliderOptions
 * @property {string} id
 * @property {string} label
 * @property {string} symbol A short sign of the label, which stands for it where there is little room.
 * @property {string} entryLabel What the field is called.
 * @property {(value: number) => string} spell
 * @property {(value: number) => string} describe What a screen reader says for a value.
 * @property {(value: number) => void} onChange
 * @property {(text: string) => string | null} onEntry It returns what is wrong with the text, or null.
 */

/**
 * The index of the step that is nearest to a value.
 * @param {readonly number[]} steps
 * @param {number} value
 */
export function nearestIndex(steps, value) {
  let best = 0;
  steps.forEach((step, index) => {
    if (Math.abs(step - value) < Math.abs(Number(steps[best]) - value)) best = index;
  });
  return best;
}

/**
 * The next value above or below, among ascending values; the value itself if there is none.
 * @param {readonly number[]} values
 * @param {number} value
 * @param {1 | -1} direction
 */
export function nextValue(values, value, direction) {
  const beyond = values.filter((candidate) => (direction > 0 ? candidate > value : candidate < value));
  return (direction > 0 ? beyond[0] : beyond.at(-1)) ?? value;
}

/**
 * Make a slider.
 * @param {SliderOptions} options
 */
export function createSlider(options) {
  /** @type {Scale} */
  let scale = { steps: [0, 1], marks: [] };
  let current = 0;
  let isDragged = false;
  const range = h("input", { type: "range", id: options.id, step: "any", min: 0, max: 1 });
  const entry = h("input", {
    type: "text",
    class: "entry",
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": options.entryLabel,
  });
  const problem = h("p", { class: "problem", id: `${options.id}-problem`, hidden: true });
  const marks = s("svg", { class: "marks", "aria-hidden": "true", height: 22 });
  const fill = h("div", { class: "slider-fill" });
  const hint = h("span", { class: "slider-hint" });
  const element = h(
    "div",
    { class: "slider" },
    h("label", { for: options.id }, h("span", { class: "slider-label" }, options.label), " ", h("span", { class: "slider-symbol" }, options.symbol)),
    hint,
    h("div", { class: "slider-track" }, fill, range, marks),
    h("div", { class: "slider-entry" }, entry),
    problem,
  );

  /** @param {number} value */
  function fraction(value) {
    const least = Number(scale.steps[0]);
    const most = Number(scale.steps.at(-1));
    return most === least ? 0 : Math.max(0, Math.min(1, (value - least) / (most - least)));
  }

  /** @param {number} value */
  function take(value) {
    range.value = String(value);
    if (value !== current) options.onChange(value);
  }

  function drawMarks() {
    const width = range.clientWidth - 2 * THUMB;
    if (width <= 0) return;
    let last = -LABEL;
    marks.replaceChildren(
      ...scale.marks.flatMap((value) => {
        const x = THUMB + fraction(value) * width;
        const hasLabel = x - last >= LABEL;
        if (hasLabel) last = x;
        return [
          s("line", { x1: x, x2: x, y1: 0, y2: 5 }),
          ...(hasLabel ? [s("text", { x, y: 18, "text-anchor": "middle" }, options.spell(value))] : []),
        ];
      }),
    );
  }

  range.addEventListener("pointerdown", () => {
    isDragged = true;
  });
  for (const name of ["pointerup", "pointercancel", "change", "blur"]) {
    range.addEventListener(name, () => {
      isDragged = false;
      range.value = String(current);
    });
  }
  range.addEventListener("input", () => {
    const value = Number(range.value);
    const width = range.clientWidth - 2 * THUMB;
    const near = scale.marks.find((mark) => Math.abs(fraction(mark) - fraction(value)) * width < PULL);
    const index = nearestIndex(scale.steps, value);
    if (isDragged) take(near ?? Number(scale.steps[index]));
    else take(nextValue(scale.steps, current, value > current ? 1 : -1)); // a step of an assistive technology
  });
  range.addEventListener("keydown", (event) => {
    const moves = /** @type {Record<string, () => number | undefined>} */ ({
      ArrowRight: () => nextValue(scale.steps, current, 1),
      ArrowUp: () => nextValue(scale.steps, current, 1),
      ArrowLeft: () => nextValue(scale.steps, current, -1),
      ArrowDown: () => nextValue(scale.steps, current, -1),
      PageUp: () => nextValue(scale.marks, current, 1),
      PageDown: () => nextValue(scale.marks, current, -1),
      Home: () => scale.steps[0],
      End: () => scale.steps.at(-1),
    });
    const value = event.altKey || event.ctrlKey || event.metaKey ? undefined : moves[event.key]?.();
    if (value === undefined) return;
    event.preventDefault();
    take(value);
  });
  entry.addEventListener("change", () => {
    const message = options.onEntry(entry.value);
    setText(problem, message ?? "");
    problem.hidden = message === null;
    setAttribute(entry, "aria-invalid", message === null ? null : "true");
    setAttribute(entry, "aria-describedby", message === null ? null : problem.id);
  });
  new ResizeObserver(drawMarks).observe(range);

  return {
    element,
    /**
     * Show a value.
     * @param {Scale} next The same object as long as the scale is the same.
     * @param {number} value
     * @param {string} text What the field has.
     * @param {boolean} isFixed Whether there is only this value.
     * @param {string} note What is said of the value beside the label.
     */
    update(next, value, text, isFixed, note = "") {
      setText(hint, note);
      current = value;
      if (next !== scale) {
        scale = next;
        range.min = String(scale.steps[0]);
        range.max = String(scale.steps.at(-1));
        drawMarks();
      }
      if (!isDragged || Number(range.value) !== value) range.value = String(value);
      range.disabled = isFixed;
      entry.disabled = isFixed;
      setAttribute(range, "aria-valuetext", options.describe(value));
      fill.style.transform = `scaleX(${fraction(value)})`;
      if (entry.value !== text && (document.activeElement !== entry || problem.hidden)) entry.value = text;
      if (!problem.hidden && document.activeElement !== entry) {
        problem.hidden = true;
        entry.removeAttribute("aria-invalid");
        entry.value = text;
      }
    },
  };
}
