import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisonText } from "../src/views/block.js";
import { arrange, chooseAcross, chooseHeights, chooseUp, columnAt, heightOf, isFlat, listSizes, widthOf } from "../src/views/columns.js";
import { factsOf } from "../src/views/facts.js";
import { kindOf, kindsOf } from "../src/views/kinds.js";
import { trim } from "../src/views/quantities.js";
import { arcPath, arcsOf, fit, itemOf, listGuides, outlineOf } from "../src/views/shapes.js";
import { createGlide, layoutTogether, leastSlot } from "../src/views/track.js";
import { blockText, costliest, operatorText } from "../src/views/words.js";

/** @typedef {import("../src/views/facts.js").Row} Row */
/** @typedef {import("../src/views/facts.js").Block} Block */

/** @param {Partial<Row>} fields @returns {Row} */
const makeRow = (fields) => ({
  name: "1.1.conv", stage: 1, operator: "conv", kernel: [1, 1], stride: 1, groups: 1, input: [14, 14, 16], output: [14, 14, 16],
  params: 0, mult_adds: 0, activations: 0, ...fields,
});

/**
 * Inverted residuals in groups of two, the second with a sum, at a width and a resolution.
 * @param {number} count @param {number} alpha @param {number} side
 */
function makeNetwork(count, alpha, side) {
  const rows = /** @type {Row[]} */ ([]);
  const blocks = /** @type {Block[]} */ ([]);
  for (let index = 0; index < count; index += 1) {
    const channels = Math.max(8, Math.round(alpha * 8 * (1 + (index >> 1))));
    const map = Math.max(1, Math.ceil(side / 2 ** (1 + (index >> 2))));
    const name = `${1 + (index >> 1)}.${1 + (index % 2)}`;
    const wide = /** @type {[number, number, number]} */ ([map, map, 6 * channels]);
    const narrow = /** @type {[number, number, number]} */ ([map, map, channels]);
    const first = rows.length;
    rows.push(makeRow({ name: `${name}.expand`, input: narrow, output: wide, mult_adds: 60 }));
    rows.push(makeRow({ name: `${name}.depthwise`, operator: "depthwise", kernel: [3, 3], groups: 6 * channels, input: wide, output: wide, mult_adds: 90 }));
    rows.push(makeRow({ name: `${name}.project`, input: wide, output: narrow }));
    if (index % 2 === 1) rows.push(makeRow({ name: `${name}.add`, operator: "add", kernel: null, stride: null, groups: null, input: narrow, output: narrow }));
    blocks.push({ name, operator: "bottleneck", rows: rows.slice(first).map((_, offset) => first + offset), input: narrow, output: narrow });
  }
  return { rows, blocks };
}

test("columns are in order, do not overlap, and are inside the slot of their block", () => {
  for (const [count, alpha, side, room] of /** @type {[number, number, number, number][]} */ ([[16, 1, 224, 1200], [60, 0.05, 32, 300], [9, 4, 1024, 1800], [300, 1, 96, 700], [1, 1, 1, 320]])) {
    const outline = makeNetwork(count, 1, 224);
    const { rows, blocks } = makeNetwork(count, alpha, side);
    const scale = chooseAcross(outline, room, 30);
    const layout = arrange(rows, outline.rows, blocks, scale, 30);
    let end = layout.input.width;
    layout.columns.forEach(({ x, width, centre }, index) => {
      assert.ok(x > end - 1e-9, `${count}: row ${index} starts at ${x}, before ${end}`);
      assert.ok(width >= widthOf(/** @type {Row} */ (rows[index]), scale) && Math.abs(centre - x - width / 2) < 1e-9);
      assert.equal(columnAt(layout, centre), index);
      end = x + width;
    });
    for (const { x, width, block } of layout.slots) {
      assert.ok(width >= 30);
      for (const index of block.rows) {
        const column = layout.columns[index];
        assert.ok(column && column.x >= x && column.x + column.width <= x + width + 1e-9);
      }
    }
    assert.ok(layout.width >= end);
  }
});

test("the outline fills the room if it can, and the scale does not depend on the setting", () => {
  const outline = makeNetwork(20, 1, 224);
  const widthAt = (/** @type {number} */ room) => arrange(outline.rows, outline.rows, outline.blocks, chooseAcross(outline, room, 27), 27).width;
  for (const room of [900, 1200, 1500]) assert.ok(widthAt(room) <= room && widthAt(room) > 0.97 * room, `${room}: ${widthAt(room)}`);
  assert.ok(widthAt(300) > 300);
  const scale = chooseAcross(outline, 1200, 27);
  const before = arrange(outline.rows, outline.rows, outline.blocks, scale, 27);
  for (const [alpha, side] of /** @type {[number, number][]} */ ([[0.35, 96], [1.4, 224], [4, 32]])) {
    const { rows, blocks } = makeNetwork(20, alpha, side);
    assert.deepEqual(arrange(rows, outline.rows, blocks, scale, 27).columns.map(({ centre }) => centre), before.columns.map(({ centre }) => centre));
  }
});

test("heights and widths are square roots, so four times the channels are twice as high", () => {
  const rows = [makeRow({ output: [7, 7, 400] }), makeRow({ output: [14, 14, 100] })];
  const up = chooseUp(rows, 200);
  assert.deepEqual(rows.map(({ output }) => heightOf(output, up)), [200, 100]);
  const [small, large] = [makeRow({ output: [49, 49, 8] }), makeRow({ output: [196, 196, 8] })].map((row) => widthOf(row, 2));
  assert.equal(large, 2 * Number(small));
  const flat = makeRow({ operator: "flatten", kernel: null, input: [7, 7, 400], output: [1, 1, 19_600] });
  assert.ok(isFlat(flat));
  assert.equal(chooseUp([...rows, flat], 200), up);
  const layout = arrange([flat], [flat], [{ name: "1.1", operator: "flatten", rows: [0], input: flat.input, output: flat.output }], 2, 30);
  assert.equal(itemOf(flat, layout, 0, up, 100, 180).height, 180);
});

test("guides are round numbers of channels inside the plot, with room for their labels", () => {
  for (const up of [0.5, 2, 5.3, 20]) {
    const guides = listGuides(up, 190);
    assert.ok(guides.length > 0 && guides.every(({ channels, height }) => Math.abs(height - up * Math.sqrt(channels)) < 1e-9 && height <= 190));
    guides.slice(1).forEach(({ height }, index) => assert.ok(height - Number(guides[index]?.height) >= 26));
  }
});

test("each sum has an arc from the start of its block, above the maps between", () => {
  const { rows, blocks } = makeNetwork(6, 1, 224);
  const layout = arrange(rows, rows, blocks, 1, 30);
  const items = rows.map((row, index) => itemOf(row, layout, index, 4, 100, 190));
  const arcs = arcsOf(blocks, layout, items, 4, 100);
  assert.deepEqual(arcs.map(({ name }) => name), ["1.2.add", "2.2.add", "3.2.add"]);
  arcs.forEach(({ d }, index) => {
    const block = /** @type {Block} */ (blocks[2 * index + 1]);
    const [start, top] = /** @type {RegExpExecArray} */ (/^M([\d.-]+) .*?Q[\d.-]+ ([\d.-]+)/.exec(d)).slice(1).map(Number);
    assert.ok(Number(start) < Number(layout.columns[block.rows[0] ?? 0]?.x));
    assert.ok(block.rows.every((row) => rows[row]?.operator === "add" || Number(top) < Number(items[row]?.y)));
  });
  assert.match(arcPath([0, 50], [100, 60], 20), /^M0 50V26Q0 20 6 20H94Q100 20 100 26V60$/);
  assert.equal(outlineOf([...rows, undefined], layout, 4, 100, 190).split("M").length - 1, rows.filter(({ operator }) => operator !== "add").length);
});

test("runs of equal maps are one size in the strip below", () => {
  const { rows, blocks } = makeNetwork(12, 1, 224);
  const runs = listSizes(arrange(rows, rows, blocks, 1, 30), rows);
  assert.deepEqual(runs.map(({ size }) => size), ["112×112", "56×56", "28×28"]);
  runs.slice(1).forEach(({ x }, index) => assert.ok(x >= Number(runs[index]?.x) + Number(runs[index]?.width)));
});

test("the kind of a layer follows from its operator, kernel and groups", () => {
  const kinds = /** @type {[Partial<Row>, string][]} */ ([
    [{}, "pointwise"],
    [{ kernel: [3, 3] }, "dense"],
    [{ kernel: [3, 3], groups: 4 }, "dense"],
    [{ kernel: [1, 1], groups: 4 }, "dense"],
    [{ kernel: [5, 5], groups: 16 }, "depthwise"],
    [{ operator: "depthwise", kernel: [3, 3], groups: 16 }, "depthwise"],
    [{ operator: "linear" }, "dense"],
    [{ name: "4.1.se.reduce" }, "squeeze"],
    [{ operator: "max_pool", kernel: [3, 3], groups: null }, "other"],
    [{ operator: "add", kernel: null, groups: null }, "other"],
  ]);
  for (const [fields, kind] of kinds) assert.equal(kindOf(makeRow(fields)), kind, JSON.stringify(fields));
});

test("squeeze-and-excite in a file is found by what it does", () => {
  const rows = [
    makeRow({ name: "0.1.Conv_7" }),
    makeRow({ name: "1.1.Pool", operator: "pool", kernel: null, groups: null, output: [1, 1, 16] }),
    makeRow({ name: "2.1.fc1", input: [1, 1, 16], output: [1, 1, 4] }),
    makeRow({ name: "3.1.fc2", input: [1, 1, 4], output: [1, 1, 16] }),
    makeRow({ name: "4.1.Mul", operator: "multiply", kernel: null, groups: null }),
    makeRow({ name: "5.1.Mul", operator: "multiply", kernel: null, groups: null }),
    makeRow({ name: "6.1.head", input: [1, 1, 16], output: [1, 1, 4] }),
  ];
  assert.deepEqual(kindsOf(rows), ["pointwise", "squeeze", "squeeze", "squeeze", "other", "other", "pointwise"]);
});

test("rows are compared with those of the same name in the outline, which has sums that others lack", () => {
  const all = makeNetwork(4, 1, 224);
  const engine = /** @type {any} */ ({
    find: () => ({ alphas: [1], resolution: [224, 224] }),
    check: () => null,
    costs: ({ alpha = 1 }) => (alpha === 1 ? all : { rows: all.rows.filter(({ operator }) => operator !== "add").map((row) => ({ ...row })) }),
    blocks: () => all.blocks,
  });
  const state = /** @type {any} */ ({ network: "own", alpha: 1, resolution: [224, 224], implementation: "own", classes: 10, convention: "macs" });
  const context = { engine };
  const own = factsOf(context, state);
  assert.equal(own.rows, own.outline.rows);
  const less = factsOf(context, { ...state, alpha: 0.5 });
  assert.deepEqual(less.before.map((row) => row?.name), less.rows.map(({ name }) => name));
  assert.equal(less.outline, own.outline);
  factsOf({ engine }, { ...state, alpha: 1.4 }); // the second network of the page
  assert.equal(factsOf(context, { ...state, alpha: 0.5, quantity: "params" }), less);
});

test("maps glide for a jump only", () => {
  const glides = createGlide();
  const state = /** @type {any} */ ({ network: "v2", alpha: 1, resolution: [224, 224] });
  const steps = [state, state, { ...state, alpha: 1.04 }, { ...state, alpha: 0.5 }, { ...state, alpha: 0.51 }, { ...state, alpha: 0.51, resolution: [96, 96] }, { ...state, network: "v1" }];
  assert.deepEqual(steps.map(glides), [false, false, false, true, false, true, false]);
});

test("a block is wide enough for a finger on a small page", () => {
  Object.assign(globalThis, { matchMedia: () => ({ matches: false }) });
  assert.equal(leastSlot(375, 20), 40);
  assert.equal(leastSlot(1280, 300), 27);
  assert.equal(leastSlot(1280, 4), 64);
});

test("two networks are drawn to one scale, to which both fit", () => {
  Object.assign(globalThis, { matchMedia: () => ({ matches: false }) });
  const networks = [[4, 1, 224], [24, 0.5, 96]].map(([count = 0, alpha = 0, side = 0]) => {
    const { rows, blocks } = makeNetwork(count, alpha, side);
    const outline = { ...makeNetwork(count, 1, 224), setting: /** @type {any} */ ({}) };
    return { rows, blocks, outline, before: outline.rows, setting: outline.setting };
  });
  const layouts = layoutTogether(networks, 1200);
  const { up, plot } = chooseHeights(networks, 90);
  assert.equal(new Set(layouts.map(({ acrossScale }) => acrossScale)).size, 1);
  layouts.forEach(({ width, columns }, index) => {
    const { rows = [] } = networks[index] ?? {};
    assert.ok(width < 1200 && columns.length === rows.length);
    assert.ok(rows.every(({ output }) => heightOf(output, up) <= plot));
  });
});

test("texts are short, whole where they fit, and say what a layer is", () => {
  assert.equal(fit("2.1", 40), "2.1");
  assert.equal(fit("features.10.conv", 40), "featu…");
  assert.equal(fit("features.10.conv", 20), "");
  assert.deepEqual(["20.00 M", "12.50 M", "300.8 M", "1.000 GiB", "100", "0"].map(trim), ["20 M", "12.5 M", "300.8 M", "1 GiB", "100", "0"]);
  assert.equal(operatorText(makeRow({ kernel: [3, 3], stride: 2 })), "convolution 3×3, stride 2");
  assert.equal(operatorText(makeRow({ kernel: [3, 3], groups: 4 })), "convolution 3×3, 4 groups");
  assert.equal(operatorText(makeRow({ operator: "depthwise", kernel: [5, 5], groups: 16 })), "depthwise 5×5");
  assert.equal(operatorText(makeRow({ operator: "linear" })), "fully connected");
  assert.equal(operatorText(makeRow({ operator: "max_pool", kernel: [3, 3], stride: 2, groups: null })), "max pool 3×3, stride 2");
  const { rows, blocks } = makeNetwork(2, 1, 224);
  assert.equal(costliest(rows, /** @type {Block} */ (blocks[1]))?.name, "1.2.depthwise");
  assert.equal(blockText(/** @type {Block} */ (blocks[1]), rows), "Block 1.2, bottleneck, 112×112×8 to 112×112×8, 4 layers, 150 mult-adds");
});

test("the law 1/N + 1/K² is stated where it is exact", () => {
  const rows = [
    makeRow({ name: "1.1.depthwise", operator: "depthwise", kernel: [3, 3], groups: 16 }),
    makeRow({ name: "1.1.pointwise", output: [14, 14, 32] }),
  ];
  const standard = { rows: [0, 1], kernel: /** @type {[number, number]} */ ([3, 3]), inputs: 16, outputs: 32, mult_adds: 903_168, weights: 0, separable_mult_adds: 128_576, separable_weights: 0 };
  assert.equal(comparisonText(standard, rows), "depthwise + pointwise against one standard 3×3 convolution, 16 → 32 channels: ×0.142 of its multiply-adds; 1/N + 1/K² is 0.142.");
  assert.doesNotMatch(comparisonText({ ...standard, rows: [1, 0] }, rows), /1\/N/);
});
