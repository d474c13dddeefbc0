/** The frame of the page: landmarks, sections with their headings, and the order in which the views stand. */

import { append, h } from "./ui/dom.js";
import { download, fileName, svgText } from "./ui/download.js";

/** @typedef {import("./context.js").View} View */
/**
 * @typedef {object} Slot
 * @property {string} view The name of the view.
 * @property {string} title
 * @property {string} [lead] What a reader sees in it, in a sentence.
 * @property {boolean} [picture] Whether it is offered as SVG.
 */

/** @type {readonly Slot[]} */
const SLOTS = [
  {
    view: "bars",
    title: "Along the network",
    lead: "Where the cost is, layer by layer, from the image to the classes.",
    picture: true,
  },
  {
    view: "plane",
    title: "Every width and resolution",
    lead: "Each line joins settings of equal cost. Drag the cross to move both sliders.",
    picture: true,
  },
  {
    view: "budget",
    title: "What fits a budget",
    lead: "Write the limits of a device. The part of the plane that fits them is lit.",
  },
  {
    view: "versus",
    title: "A second network",
    lead: "Another network to the same scale, and its counts, each as a ratio.",
    picture: true,
  },
  {
    view: "lesson",
    title: "Standard against separable",
    lead: "Table 3 of the MobileNet V1 paper as pictures that follow the sliders.",
    picture: true,
  },
  { view: "table", title: "Every layer", lead: "The rows that sum to the totals, as mbcost table prints them." },
];

/**
 * Put the views into the page. A view that is missing has no section.
 * @param {HTMLElement} main The element that the file has for the page.
 * @param {Record<string, View>} views
 * @param {{name: () => string, title: string, version: string}} frame `name` names what is shown, for files.
 */
export function createLayout(main, views, frame) {
  const skip = h("a", { class: "skip", href: "#mbcost", onclick: focusMain }, "Skip to the network");
  const documentation = document.getElementById("mbcost-documentation");
  documentation?.setAttribute("aria-label", "Documentation");
  const title = h("h1", null, h("span", { class: "brand" }, "mbcost"), ` ${frame.title}`);
  const tools = h("div", { class: "top-side" }, documentation, elementOf("tools"));
  const header = h(
    "header",
    { class: "top" },
    h("div", { class: "top-row" }, title, tools),
    elementOf("messages"),
    elementOf("paper"),
  );
  const tour = elementOf("tour");
  const network = elementOf("network");
  main.replaceChildren();
  main.classList.add("page");
  main.tabIndex = -1;
  append(main, [
    tour && h("div", { class: "slot-tour" }, tour),
    h(
      "section",
      { class: "slot slot-network", "aria-labelledby": "heading-network" },
      h("h2", { id: "heading-network", class: "offscreen" }, "The network, its width and its resolution"),
      elementOf("choices"),
      network && h("div", { class: "picture" }, saveButton(network, "network", frame.name), network),
    ),
    elementOf("controls"),
    h(
      "section",
      { class: "slot slot-totals", "aria-labelledby": "heading-totals" },
      h("h2", { id: "heading-totals", class: "offscreen" }, "Totals"),
      elementOf("totals"),
      elementOf("ledger"),
    ),
    SLOTS.map((slot) => {
      const element = elementOf(slot.view);
      return element && createSection(slot, element, frame.name);
    }),
  ]);
  main.before(skip, header);
  main.after(createFooter(frame.version));

  /** @param {string} name */
  function elementOf(name) {
    return views[name]?.element ?? null;
  }

  function focusMain(/** @type {Event} */ event) {
    event.preventDefault(); // the fragment of the address is the state
    main.focus();
  }
}

/**
 * @param {Slot} slot
 * @param {HTMLElement} element
 * @param {() => string} name
 */
function createSection(slot, element, name) {
  const id = `heading-${slot.view}`;
  return h(
    "section",
    { class: `slot slot-${slot.view}`, "aria-labelledby": id },
    h(
      "div",
      { class: "slot-head" },
      h("h2", { id }, slot.title),
      slot.picture ? saveButton(element, slot.view, name) : null,
      slot.lead ? h("p", { class: "lead" }, slot.lead) : null,
    ),
    element,
  );
}

/**
 * @param {HTMLElement} element
 * @param {string} what
 * @param {() => string} name
 */
function saveButton(element, what, name) {
  const save = () => {
    const pictures = [...element.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 60);
    pictures.forEach((picture, index) => {
      const suffix = pictures.length > 1 ? `-${index + 1}` : "";
      const title = `${name()} ${what}`;
      download(`${fileName(`${title}${suffix}`)}.svg`, svgText(picture, title), "image/svg+xml");
    });
  };
  return h("button", { type: "button", class: "quiet save", onclick: save, "aria-label": `Save SVG of the ${what}` }, "Save SVG");
}

/** @param {string} version */
function createFooter(version) {
  return h(
    "footer",
    { class: "foot" },
    h(
      "p",
      null,
      "Every count is an exact integer, the same that the command prints. ",
      "Milliseconds and accuracy are estimates, shown with their error.",
    ),
    h("p", { class: "quiet-text" }, version),
  );
}
