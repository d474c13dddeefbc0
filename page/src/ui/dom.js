/** Elements of HTML from plain descriptions. A text is always a text node, so a name from a file is never markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Child | Child[]} Children */
/** @typedef {Record<string, unknown>} Properties */

/**
 * Make an element.
 *
 * A property that starts with `on` is a listener, `style` an object of CSS properties (custom ones too), `dataset` an
 * object of data attributes, `value`, `checked` and their like properties of the element, and all others attributes.
 * An attribute that is null, undefined or false is left out; true is an attribute without a value.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties | null} [properties]
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(element, name, value);
  append(element, children);
  return element;
}

const PROPERTIES = new Set(["value", "checked", "selected", "disabled", "hidden", "indeterminate", "open"]);

/**
 * Set one property of an element, as `h` does.
 * @param {HTMLElement | SVGElement} element
 * @param {string} name
 * @param {unknown} value
 */
export function setProperty(element, name, value) {
  if (name.startsWith("on") && typeof value === "function") {
    element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  } else if (name === "style" && value) {
    for (const [key, text] of Object.entries(value)) element.style.setProperty(key, String(text));
  } else if (name === "dataset" && value) {
    Object.assign(element.dataset, value);
  } else if (PROPERTIES.has(name) && name in element) {
    Reflect.set(element, name, value);
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Append children to an element; lists are flattened, and what is null or false is left out.
 * @param {Element | DocumentFragment} element
 * @param {Children[]} children
 */
export function append(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
}

/**
 * Change the text of an element, only if it differs: an unchanged text costs no layout and is not announced again.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  const first = element.firstChild;
  if (first === null || first !== element.lastChild || first.nodeType !== Node.TEXT_NODE) {
    if (element.textContent !== text) element.textContent = text;
  } else if (first.nodeValue !== text) {
    first.nodeValue = text; // a new node would cost more
  }
}

/**
 * Change an attribute, only if it differs; null removes it.
 * @param {Element} element
 * @param {string} name
 * @param {string | number | null} value
 */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/**
 * Make the children of an element the given nodes, in order, and touch only those that are new, gone or moved.
 * @param {Element} parent
 * @param {readonly Node[]} nodes
 */
export function setChildren(parent, nodes) {
  nodes.forEach((node, index) => {
    const current = parent.childNodes[index] ?? null;
    if (current !== node) parent.insertBefore(node, current);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild?.remove();
}

/**
 * Make a function that keeps one node per key: it reuses the nodes of the call before, and makes only new ones.
 * @template Item
 * @template {Node} Made
 * @param {Element} parent
 * @param {(item: Item) => string} key
 * @param {(item: Item) => Made} make
 * @param {(node: Made, item: Item, index: number) => void} update
 * @returns {(items: readonly Item[]) => void}
 */
export function keyed(parent, key, make, update) {
  /** @type {Map<string, Made>} */
  let nodes = new Map();
  return (items) => {
    /** @type {Map<string, Made>} */
    const next = new Map();
    items.forEach((item, index) => {
      const name = key(item);
      const node = nodes.get(name) ?? make(item);
      next.set(name, node);
      update(node, item, index);
    });
    nodes = next;
    setChildren(parent, [...next.values()]);
  };
}

/**
 * Return a function that calls `work` once, `milliseconds` after its last call.
 * @param {() => void} work
 * @param {number} milliseconds
 */
export function debounce(work, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}
