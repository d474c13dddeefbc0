/** Styles of a picture as attributes, for files that have no style sheet. */

const COPIED = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "font-style", "font-variant-numeric",
  "letter-spacing", "text-anchor", "dominant-baseline", "visibility", "stop-color", "stop-opacity", "paint-order",
];

/**
 * Write the computed styles of a picture into its copy, and remove what is not displayed and what is not for a file.
 * @param {Element} original
 * @param {Element} copy
 */
export function copyStyles(original, copy) {
  const computed = getComputedStyle(original);
  for (const name of COPIED) {
    const value = computed.getPropertyValue(name);
    if (value !== "") copy.setAttribute(name, shorten(value));
  }
  for (const name of ["style", "class", "tabindex", "role"]) copy.removeAttribute(name);
  for (const name of copy.getAttributeNames().filter((name) => /^(aria|data)-/.test(name))) copy.removeAttribute(name);
  const originals = [...original.children];
  [...copy.children].forEach((child, index) => {
    const source = /** @type {Element} */ (originals[index]);
    if (getComputedStyle(source).display === "none" && !source.closest("defs")) child.remove();
    else copyStyles(source, child);
  });
}

/**
 * A reference to a pattern without the address of the page, which browsers can put before it.
 * @param {string} value
 */
function shorten(value) {
  return value.replace(/url\("?[^"#)]*(#[^")]+)"?\)/g, "url($1)");
}
