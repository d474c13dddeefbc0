import assert from "node:assert/strict";
import { test } from "node:test";
import { compareCommand, quote, tableCommand } from "../src/export/command.js";
import { toCsv, toLatex, toMarkdown } from "../src/export/formats.js";
import { parseCount, parseNumber, parseResolution } from "../src/state/quantity.js";
import { defaultState } from "../src/state/state.js";
import { formatBytes, formatCount, formatRatio, formatShare, formatShort } from "../src/ui/format.js";
import { nearestIndex, nextValue } from "../src/ui/slider.js";
import { sumParts } from "../src/views/parts.js";
import { createFake, HOSTILE } from "./fake.js";

const plain = (/** @type {string} */ text) => text.replaceAll("\u202f", " ");

test("counts are exact, and short forms have four digits and a unit", () => {
  assert.equal(formatCount(2 ** 53 - 1), "9,007,199,254,740,991");
  const short = [0, 9_999, 10_000, 999_949, 999_950, 300_774_272, 568_740_352, 1e15].map(formatShort).map(plain);
  assert.deepEqual(short, ["0", "9,999", "10.00 K", "999.9 K", "1.000 M", "300.8 M", "568.7 M", "1.000 P"]);
  const bytes = [0, 1023, 1024, 327_680, 1_048_575, 1_505_280].map(formatBytes).map(plain);
  assert.deepEqual(bytes, ["0 B", "1,023 B", "1.000 KiB", "320.0 KiB", "1.000 MiB", "1.436 MiB"]);
});

test("a ratio is 1 only if both numbers are equal", () => {
  const ratios = [[7, 7], [0, 0], [1, 0], [0, 5], [1, 3], [999_999, 1_000_000], [5_000, 1], [1, 123_456]];
  const texts = ratios.map(([part = 0, whole = 0]) => formatRatio(part, whole));
  assert.deepEqual(texts, ["\u00d71", "\u00d71", "\u2013", "\u00d70.00", "\u00d70.333", "\u00d70.999999", "\u00d75,000", "\u00d78.1e-6"]);
});

test("a share is rounded half up in whole numbers", () => {
  assert.deepEqual([formatShare(1, 8), formatShare(1, 3), formatShare(5, 100_000), formatShare(0, 0)], ["12.50", "33.33", "0.01", "0.00"]);
  assert.equal(formatShare(2 ** 52, 2 ** 53 - 1), "50.00");
});

test("numbers with units are read", () => {
  assert.deepEqual([parseCount("60M"), parseCount("1000")], [60_000_000, 1000]);
  for (const text of ["", "-1", "1e400", "0", "1 lot", "1KiB2", "\u0661"]) {
    for (const parse of [parseCount, parseNumber, parseResolution]) assert.throws(() => parse(text), RangeError, text);
  }
  assert.deepEqual([parseResolution("160"), parseResolution("160x224")], [[160, 160], [160, 224]]);
});

test("a slider goes to the next value, and stays at its ends", () => {
  const values = [0.25, 0.5, 1];
  assert.deepEqual([nextValue(values, 0.5, 1), nextValue(values, 0.6, -1), nextValue(values, 1, 1), nextValue(values, 0.1, -1)], [1, 0.5, 1, 0.1]);
  assert.deepEqual([0, 0.37, 0.38, 9].map((value) => nearestIndex(values, value)), [0, 0, 1, 2]);
});

test("a command quotes what a shell would read as something else", () => {
  assert.equal(quote("./my net's.yaml"), "'./my net'\\''s.yaml'");
  assert.equal(quote("v2@0.75/160:keras"), "v2@0.75/160:keras");
  const state = { ...defaultState(createFake()), alpha: 0.75, classes: 10, convention: "fvcore", implementation: "keras" };
  assert.equal(tableCommand(createFake(), state), "mbcost table v2 --alpha 0.75 --res 224 --impl keras --classes 10 --convention fvcore");
  const versus = { network: HOSTILE, alpha: 1, resolution: /** @type {[number, number]} */ ([224, 224]), implementation: "own" };
  assert.equal(tableCommand(createFake(), { ...state, ...versus, convention: "macs" }), "mbcost table './a file.onnx' --kwargs a=1");
  assert.equal(
    compareCommand(createFake(), { ...state, versus }),
    "mbcost compare v2@0.75/224:keras './a file.onnx' --kwargs a=1 --classes 10 --convention fvcore",
  );
});

test("names with special characters stay names in every format", () => {
  const columns = [{ key: "layer", header: "layer", numeric: false }, { key: "params", header: "params", numeric: true }];
  const sheet = { title: "a_b|c", columns, rows: [["*x,\"y\"\n", "1,000"]], footer: ["total", "1,000"], data: [["*x,\"y\"\n", "1000"]], notes: ["- 5% & $"] };
  assert.equal(toCsv(sheet), 'layer,params\n"*x,""y""\n",1000\n');
  assert.match(toMarkdown(sheet), /\\\*x/);
  assert.match(toMarkdown(sheet), /^\\- 5% & \\\$$/m);
  assert.match(toLatex(sheet), /^ \{\}\*x/m);
});

test("parts sum to the total of a ledger, and no count is without a part", () => {
  const names = ["conv_macs", "linear_macs", "conv_bias_adds", "plain_norm_elements", "relu6_elements", "adaptive_pool_inputs", "multiplies", "adds", "outputs", "news"];
  const ledger = names.map((count, index) => ({ count, params: 0, mult_adds: count === "outputs" ? -3 : 10 ** index }));
  const parts = sumParts(ledger, "mult_adds");
  assert.equal(parts.reduce((sum, { value }) => sum + value, 0), ledger.reduce((sum, line) => sum + line.mult_adds, 0));
  assert.deepEqual(parts.map(({ part }) => part), ["macs", "biases", "norm", "activation", "pool", "add", "multiply", "other"]);
  assert.equal(parts[0]?.value, 11);
});
