// What the lesson says: counts with their factors, ratios, and what the paper prints.

import { formatCount } from "../../ui/format.js";
import { listFactors } from "./forms.js";
import { equals, fraction, writeDecimal, writeFraction } from "./fraction.js";

/** @typedef {import("./forms.js").Form} Form */
/** @typedef {import("./forms.js").Layer} Layer */
/** @typedef {import("../../state/state.js").State} State */

const DOT = "\u00b7";
const KINDS = { dense: "dense", depthwise: "depthwise", pointwise: "pointwise" };

/**
 * The weights or the mult-adds of a form as products.
 * @param {Form} form
 * @param {boolean} withMap whether mult-adds are meant
 */
export function writeFactors(form, withMap) {
  const products = form.banks.map((bank) => listFactors(bank, withMap).map((factors) => factors.join(DOT)).join(` ${DOT} `));
  return products.join(" + ");
}

/** @param {Form} form */
export function describePicture(form) {
  const layers = form.banks.map(({ kind, kernel, inputs, outputs, map }) => {
    const filters = kind === "depthwise" ? `${Math.max(inputs, outputs)} channels` : `${inputs} to ${outputs} channels`;
    return `${KINDS[kind]} ${kernel.join("x")}, ${filters}, on ${map.join("x")} positions`;
  });
  return `${form.title.replace("\u2026", "Separable")}${form.scale ? ` ${form.scale}` : ""}: ${layers.join(", then ")}; ${formatCount(form.mult_adds)} mult-adds`;
}

/** @param {Form} form */
export function writePrinted({ printed }) {
  if (printed === null) return "";
  const { mult_adds, params } = printed;
  const ways = new Set([mult_adds.rounding, params.rounding]);
  const how = ways.size === 1 ? `, ${mult_adds.rounding}` : "";
  const single = ways.size === 1 ? ["", ""] : [` (${mult_adds.rounding})`, ` (${params.rounding})`];
  return `The paper prints ${mult_adds.text}${single[0]} and ${params.text}${single[1]}${how}.`;
}

/**
 * The three ratios: what the separable form, alpha and rho leave of the cost.
 * @param {Layer} layer
 * @param {State} state
 * @returns {{term: string, equation: string, words: string}[]}
 */
export function explain(layer, state) {
  const [, separable, thin, small] = layer.forms;
  const { letters, terms, value } = layer.formula;
  const isEqual = equals(value, layer.ratio);
  const rows = [
    {
      term: "Separable / standard",
      equation: `${letters} = ${terms} = ${writeFraction(value)} \u2248 ${writeDecimal(value)}`,
      words: isEqual
        ? `The exact ratio of the mult-adds is ${writeFraction(layer.ratio)}: equal. ${writeTimes(layer.ratio)}`
        : `The exact ratio of the mult-adds is ${writeFraction(layer.ratio)} \u2248 ${writeDecimal(layer.ratio)}, not equal.`,
    },
  ];
  if (thin !== undefined) {
    rows.push({
      term: `Under \u03b1 = ${state.alpha}`,
      equation: `\u03b1\u00b2 = ${(state.alpha ** 2).toFixed(4)}, the exact factor is ${writeFactor(thin, separable)}`,
      words: thin.banks.length === 1
        ? "A depthwise layer scales with \u03b1 only, and numbers of channels are rounded."
        : "The pointwise part scales with \u03b1\u00b2, the depthwise part with \u03b1 only, and numbers of channels are rounded.",
    });
  }
  if (small !== undefined) {
    const [before, after] = [thin, small].map(({ banks }) => banks[banks.length - 1].map.join("\u00d7"));
    rows.push({
      term: `Under ${small.scale}`,
      equation: `\u03c1\u00b2 = ${writeSquare(small)}, the exact factor is ${writeFactor(small, thin)}`,
      words: `The map goes from ${before} to ${after}: a side is a whole number. The params stay the same.`,
    });
  }
  return rows;
}

/** @param {Form} form */
function writeSquare({ rho }) {
  return (rho[0] * rho[1]).toFixed(4);
}

/**
 * @param {Form} form
 * @param {Form} reference
 */
function writeFactor(form, reference) {
  return writeDecimal(fraction(form.mult_adds, reference.mult_adds));
}

/** @param {import("./fraction.js").Fraction} ratio */
function writeTimes({ top, bottom }) {
  return `That is ${Number((Number(bottom) / Number(top)).toFixed(2))} times cheaper.`;
}
