/** What Python asks of a page in a browser. The text is evaluated as one function, which returns what it offers. */

(() => {
  /** @type {Map<Element, number>} */
  const numbers = new Map();

  /**
   * An element in words, with a number of its own.
   * @param {Element} element
   */
  function describe(element) {
    if (!numbers.has(element)) numbers.set(element, numbers.size);
    const name = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().replace(/\s+/g, " ");
    const css = element.getAttribute("class") ?? "";
    return `${numbers.get(element)} <${element.localName} id="${element.id}" class="${css}"> ${name.slice(0, 40)}`;
  }

  /** @param {Element} element */
  function isShown(element) {
    const isVisible = element.checkVisibility({ visibilityProperty: true });
    return isVisible && element.getClientRects().length > 0 && element.closest("[inert]") === null;
  }

  /** The elements for which the page scrolls sideways, after a line with both widths. */
  function listWide() {
    const { clientWidth: width, scrollWidth } = document.documentElement;
    if (scrollWidth <= width) return [];
    /** @param {Element} element */
    const isClipped = (element) => {
      for (let e = element.parentElement; e !== null && e !== document.body; e = e.parentElement) {
        if (getComputedStyle(e).overflowX !== "visible") return true;
      }
      return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right + scrollX > width + 1 && !isClipped(element),
    );
    return [`${scrollWidth} px in ${width} px`, ...wide.map((element) => element.outerHTML.slice(0, 120))];
  }

  /**
   * Whether Tab stops at a radio button: at the chosen one of its group, or at any if none is chosen.
   * @param {HTMLInputElement} radio
   */
  function isStopOfGroup(radio) {
    const all = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("input[type=radio]")]);
    const group = all.filter((other) => other.name === radio.name && other.form === radio.form);
    return radio.name === "" || radio.checked || group.every((other) => !other.checked);
  }

  /** Every visible element at which Tab has to stop, in the order of the document. */
  function findStops() {
    const selector =
      "a[href], area[href], input, select, textarea, button, summary, iframe, [contenteditable], [tabindex]";
    const candidates = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(selector)]);
    return candidates
      .filter((element) => element.tabIndex >= 0 && !element.matches(":disabled, input[type=hidden]"))
      .filter((element) => element.localName !== "summary" || element.parentElement?.localName === "details")
      .filter((element) => !(element instanceof HTMLInputElement && element.type === "radio") || isStopOfGroup(element))
      .filter(isShown);
  }

  /** The same in words. */
  function listStops() {
    return findStops().map(describe);
  }

  /** @param {Element} element */
  function readLook(element) {
    const style = getComputedStyle(element);
    const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, borderWidth, backgroundColor } = style;
    const { stroke, strokeWidth, textDecorationLine } = style;
    return [
      outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, borderWidth, backgroundColor, stroke,
      strokeWidth, textDecorationLine,
    ].join();
  }

  /** Which element has the focus, whether one sees that, and whether it is in view; null for none. */
  function readFocus() {
    const element = document.activeElement;
    if (element === document.body || element === document.documentElement) return null;
    if (!(element instanceof HTMLElement || element instanceof SVGElement)) return null;
    const labels = "labels" in element && element.labels instanceof NodeList ? [...element.labels] : [];
    const near = [element, element.parentElement, ...labels, ...element.querySelectorAll("*")]
      .filter((other) => other instanceof Element)
      .slice(0, 40);
    const focused = near.map(readLook);
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    element.blur();
    const isChanged = near.map(readLook).some((look, index) => look !== focused[index]);
    element.focus({ preventScroll: true });
    const box = element.getBoundingClientRect();
    return {
      element: describe(element),
      isMarked: (outlineStyle !== "none" && outlineWidth !== "0px") || isChanged,
      isInView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  }

  /** Put the focus before the first element of the page. */
  function focusStart() {
    const start = document.createElement("span");
    start.tabIndex = -1;
    document.body.prepend(start);
    start.focus();
    start.remove();
  }

  /** What the page has done that is not seen in it: it printed, or copied. */
  const deeds = /** @type {string[]} */ ([]);

  /** Note that the page prints or copies instead of doing it: a test has no printer, and no one who allows a clipboard. */
  function watchDeeds() {
    window.print = () => void deeds.push("print");
    Object.defineProperty(navigator, "clipboard", {
      value: { writeText: async (/** @type {string} */ text) => void deeds.push(`copy ${text}`) },
    });
  }

  /** All that a control can change: the state, the address, values, what is open, chosen or said, the scheme, deeds. */
  function readEffects() {
    const attributes = ["open", "hidden", "aria-expanded", "aria-pressed", "aria-selected", "aria-current", "aria-checked"];
    const chosen = attributes.flatMap((name) =>
      [...document.querySelectorAll(`[${name}]`)].map((e) => `${name} ${describe(e)} ${e.getAttribute(name)}`),
    );
    const fields = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("input, select, textarea")]);
    const said = [...document.querySelectorAll("[aria-live], [role=status], [role=alert], output")];
    const sliders = [...document.querySelectorAll("[role=slider]")];
    return JSON.stringify([
      /** @type {any} */ (window).mbcost.state,
      location.hash,
      chosen,
      fields.map((field) => [field.value, field.checked]),
      said.map((element) => element.textContent),
      sliders.map((element) => [element.getAttribute("aria-valuenow"), element.getAttribute("aria-valuetext")]),
      { ...document.documentElement.dataset },
      document.querySelectorAll("*").length,
      deeds,
    ]);
  }

  /**
   * Wait until there is an effect, and return whether there is one.
   * @param {string} before What `readEffects` returned.
   * @param {number} patience Milliseconds.
   */
  async function awaitEffect(before, patience) {
    const end = performance.now() + patience;
    while (readEffects() === before) {
      if (performance.now() > end) return false;
      await new Promise((done) => requestAnimationFrame(done));
    }
    return true;
  }

  /** @type {WeakSet<Element>} */
  const tried = new WeakSet();

  /** The next control that was not asked for before, what kind it is, and what can be done with it; null after the last. */
  function nextControl() {
    const control = findStops().find((element) => !tried.has(element) && kindOf(element) !== null);
    if (control === undefined) return null;
    tried.add(control);
    return { element: control, kind: kindOf(control), name: describe(control), value: "value" in control ? control.value : "" };
  }

  /**
   * How people use an element: null for what does nothing but scroll or lead elsewhere, or is chosen already.
   * @param {HTMLElement} element
   */
  function kindOf(element) {
    const role = element.getAttribute("role");
    if (element.matches("input[type=range], [role=slider]")) return "slider";
    if (element instanceof HTMLSelectElement) return element.length > 1 ? "select" : null;
    if (element.matches("input[type=checkbox], input[type=radio]")) return "box";
    if (element.matches("input, textarea")) return "field";
    if (element.matches("[aria-pressed=true], [aria-selected=true], [aria-current], [aria-disabled=true]")) return null;
    if (element instanceof HTMLAnchorElement) return element.getAttribute("href")?.startsWith("#") ? "button" : null;
    return element.matches("button, summary") || role === "button" || role === "tab" ? "button" : null;
  }

  return { listWide, listStops, readFocus, focusStart, watchDeeds, readEffects, awaitEffect, nextControl };
})();
