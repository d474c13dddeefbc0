/** Elements of SVG from plain descriptions. */

import { append, setProperty } from "./dom.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Make an SVG element; properties and children are as in `h`.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {import("./dom.js").Properties | null} [properties]
 * @param {...import("./dom.js").Children} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function s(tag, properties, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(element, name, value);
  append(element, children);
  return element;
}
