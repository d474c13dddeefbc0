import assert from "node:assert/strict";
import { test } from "node:test";
import { openLines, pathOf, traceRings } from "../src/views/contour.js";
import { resolutionOf, scalesOf, settingAt, sideOf, ticksOf, windowOf } from "../src/views/frame.js";
import { coarsen, planBands, shadowOf } from "../src/views/heat.js";
import { passOf, runSliced, sampleGrid, stations, STRIDES } from "../src/views/sampling.js";
import { axisTop, ceilNice, isoBytes, isoLevels, logScale, nearest, neighbour } from "../src/views/scales.js";

/** Pseudo-random numbers from 0 to 1, the same in every run. @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Whether a point is inside rings by the rule "even-odd". @param {number[][][]} rings @param {number[]} point */
function isInside(rings, [x = 0, y = 0]) {
  let crossings = 0;
  for (const ring of rings) {
    ring.forEach(([x0 = 0, y0 = 0], index) => {
      const [x1 = 0, y1 = 0] = ring[(index + 1) % ring.length] ?? [];
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) crossings += 1;
    });
  }
  return crossings % 2 === 1;
}

test("the region of a level contains exactly the nodes with at least that value", () => {
  const random = randomFrom(7);
  for (let round = 0; round < 40; round += 1) {
    const [columns, rows] = [2 + Math.floor(random() * 9), 2 + Math.floor(random() * 9)];
    const values = Array.from({ length: columns * rows }, () => (random() < 0.1 ? -Infinity : random()));
    const rings = traceRings(values, columns, rows, 0.5);
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        // A node of the border lies on the ring itself, so the test is a little inside of it.
        const point = [x === 0 ? 1e-7 : x === columns - 1 ? x - 1e-7 : x + 1e-9, y === 0 ? 1e-7 : y === rows - 1 ? y - 1e-7 : y + 1e-9];
        const value = /** @type {number} */ (values[y * columns + x]);
        if (Math.abs(value - 0.5) > 1e-3) assert.equal(isInside(rings, point), value >= 0.5, `${x},${y} of ${values}`);
      }
    }
  }
});

test("the lines of a plane are straight, at the level, and without the border", () => {
  const [columns, rows] = [9, 7];
  const values = Array.from({ length: columns * rows }, (_, index) => (index % columns) + 2 * Math.floor(index / columns));
  const lines = openLines(traceRings(values, columns, rows, 7.25), columns, rows);
  assert.equal(lines.length, 1);
  for (const [x, y] of lines.flat()) assert.ok(Math.abs(x + 2 * y - 7.25) < 1e-12);
  const ends = [lines[0]?.[0], lines[0]?.at(-1)].map((point) => point?.map((value) => Math.round(value * 1e6) / 1e6));
  assert.deepEqual(ends.sort(), [[7.25, 0], [0, 3.625]].sort());
});

test("an island is one closed line, and what is everywhere is only the border", () => {
  const island = [0, 0, 0, 0, 1, 0, 0, 0, 0];
  const [line, ...others] = openLines(traceRings(island, 3, 3, 0.5), 3, 3);
  assert.deepEqual(others, []);
  assert.deepEqual(line?.[0], line?.at(-1));
  assert.deepEqual(new Set(line?.map(String)), new Set(["1,0.5", "1.5,1", "1,1.5", "0.5,1"]));
  assert.deepEqual(openLines(traceRings([1, 1, 1, 1], 2, 2, 0.5), 2, 2), []);
  assert.deepEqual(traceRings([0, 0, 0, 0], 2, 2, 0.5), []);
});

test("a path has one start per line, and an end if it is closed", () => {
  const line = /** @type {[number, number][]} */ ([[0, 0], [1, 0.55], [2, 1]]);
  assert.equal(pathOf([line, line], ([x, y]) => [10 * x, 10 * y], true), "M0 0L10 5.5L20 10ZM0 0L10 5.5L20 10Z");
  assert.equal(pathOf([line], (point) => point, false), "M0 0L1 0.6L2 1");
});

test("the passes of a grid compute every node once", () => {
  for (const [columns, rows] of /** @type {[number, number][]} */ ([[65, 49], [2, 2], [10, 7], [16, 9], [1, 1]])) {
    const nodes = STRIDES.flatMap((stride, index) => passOf(columns, rows, stride, index === 0 ? 0 : STRIDES[index - 1]));
    assert.equal(nodes.length, columns * rows);
    assert.equal(new Set(nodes.map(String)).size, columns * rows);
  }
  assert.deepEqual(stations(10, 4), [0, 4, 8, 9]);
});

test("a grid is computed in slices, and a stopped one ends", () => {
  const queue = /** @type {(() => void)[]} */ ([]);
  let [time, longest, start] = [0, 0, 0];
  const passes = /** @type {[number, boolean, number][]} */ ([]);
  const options = {
    columns: 20, rows: 12,
    valueAt: (/** @type {number} */ x, /** @type {number} */ y) => ((time += 0.5), 100 * x + y),
    onPass: (/** @type {Float64Array} */ values, /** @type {number} */ stride, /** @type {boolean} */ isDone) =>
      void passes.push([stride, isDone, values.filter(Number.isNaN).length]),
    schedule: (/** @type {() => void} */ work) => void queue.push(work),
    now: () => time,
  };
  sampleGrid(options);
  for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
    start = time;
    work();
    longest = Math.max(longest, time - start);
  }
  assert.ok(longest <= 6.5, `a slice took ${longest}`);
  assert.deepEqual(passes.map(([stride]) => stride), [...STRIDES]);
  assert.deepEqual(passes.at(-1), [1, true, 0]);
  const before = time;
  const stop = sampleGrid(options);
  queue.shift()?.();
  stop();
  const after = time;
  while (queue.length > 0) queue.shift()?.();
  assert.ok(after > before);
  assert.equal(time, after);
});

test("pieces of work are done in order and in slices, and what follows them is done once", () => {
  const queue = /** @type {(() => void)[]} */ ([]);
  let [time, turns] = [0, 0];
  const done = /** @type {(number | string)[]} */ ([]);
  const pieces = [0, 1, 2, 3, 4].map((piece) => () => ((time += 4), void done.push(piece)));
  const clock = { schedule: (/** @type {() => void} */ work) => void queue.push(work), now: () => time };
  runSliced(pieces, () => void done.push("end"), clock);
  for (let work = queue.shift(); work !== undefined; work = queue.shift(), turns += 1) work();
  assert.deepEqual(done, [0, 1, 2, 3, 4, "end"]);
  assert.equal(turns, 3);
  const stop = runSliced(pieces, () => void done.push("not"), clock);
  stop();
  queue.shift()?.();
  assert.equal(done.length, 6);
});

test("bands follow their values, also on a coarse grid, and the shadow is where a function is false", () => {
  const [columns, rows] = [17, 9];
  const values = Float64Array.from({ length: columns * rows }, (_, index) => 10 ** ((index % columns) / 8) * 1e6);
  const toPixel = (/** @type {[number, number]} */ [x, y]) => /** @type {[number, number]} */ ([10 * x, 10 * y]);
  for (const stride of STRIDES) {
    const { levels, makeBand } = planBands({ values, columns, rows, stride }, toPixel, false);
    const bands = levels.map((_, index) => makeBand(index));
    assert.deepEqual(levels, isoLevels(1e6, 1e8));
    for (const { level, line } of bands) {
      const xs = [...line.matchAll(/[ML]([\d.]+) /g)].map((match) => Number(match[1]));
      assert.ok(xs.length >= 2 && xs.every((x) => Math.abs(x - 80 * Math.log10(level / 1e6)) < 0.06), `${level}: ${line}`);
    }
  }
  const flags = values.map((value) => Number(value < 1e7));
  assert.equal(shadowOf({ values: flags, columns, rows, stride: 1 }, toPixel).split("M").length - 1, rows);
  assert.match(shadowOf({ values: flags, columns, rows, stride: 1 }, toPixel), /^M75 0H160V5H75z/);
  assert.equal(shadowOf({ values: flags.fill(1), columns, rows, stride: 1 }, toPixel), "");
  assert.deepEqual([...coarsen({ values: Float64Array.of(0, 1, 2, 3), columns: 4, rows: 1, stride: 2 }).values], [0, 2, 3]);
});

test("lines of equal cost are round numbers inside the range, and enough of them", () => {
  const random = randomFrom(3);
  for (let round = 0; round < 300; round += 1) {
    const low = 10 ** (random() * 8);
    const high = low * (1.3 + 10 ** (random() * 4));
    const levels = isoLevels(low, high);
    assert.ok(levels.every((level) => level > low && level < high && Number(level.toPrecision(2)) === level));
    assert.deepEqual(levels, [...levels].sort((a, b) => a - b));
    assert.ok(levels.length >= 2 && levels.length <= 24, `${low} to ${high}: ${levels}`);
    assert.ok(isoBytes(low, high).every((level) => Number.isInteger(Math.log2(level)) || Number.isInteger(Math.log2(level / 1.5))));
  }
  assert.deepEqual(isoLevels(5, 5), []);
  assert.deepEqual(isoLevels(0, 5), []);
});

test("the axis of bars is fixed near the reference, and always has room for the largest bar", () => {
  const random = randomFrom(11);
  for (let round = 0; round < 500; round += 1) {
    const [reference, largest, isBinary] = [10 ** (random() * 9), 10 ** (random() * 9), random() < 0.5];
    const top = axisTop(reference, largest, isBinary);
    assert.ok(largest <= top * (1 + 1e-9) && largest * 4 > top * (1 - 1e-9), `${reference}, ${largest}: ${top}`);
    assert.ok(ceilNice(reference, isBinary) >= reference * (1 - 1e-9) && ceilNice(reference, isBinary) <= reference * 2.01);
    for (const part of [1, 0.9, 0.5, 0.4]) assert.equal(axisTop(reference, reference * part, isBinary), ceilNice(reference, isBinary));
  }
  assert.equal(axisTop(0, 0, false), 1);
});

test("positions and settings in the plane are each other's inverse, and published values attract", () => {
  const window = { alphas: /** @type {[number, number]} */ ([0.2, 2]), sides: /** @type {[number, number]} */ ([64, 336]) };
  const scales = scalesOf(window, { left: 50, top: 10, width: 600, height: 400 });
  const steps = Array.from({ length: 181 }, (_, index) => (20 + index) / 100);
  const values = { alphas: [1, 0.35], sides: [224, 96], steps, window };
  for (const alpha of steps) {
    for (const side of [64, 72, 104, 224, 336]) {
      const found = settingAt(scales, { x: scales.x.to(alpha), y: scales.y.to(side) }, values);
      const isNear = [1, 0.35].some((value) => Math.abs(scales.x.to(value) - scales.x.to(alpha)) <= 7);
      assert.equal(found.alpha, isNear ? (alpha > 0.6 ? 1 : 0.35) : alpha);
      assert.equal(found.side, side);
    }
  }
  assert.deepEqual(settingAt(scales, { x: -500, y: 9000 }, values), { alpha: 0.2, side: 64 });
  assert.deepEqual(settingAt(scales, { x: 5000, y: -9000 }, values), { alpha: 2, side: 336 });
  const wide = logScale([2, 32], [0, 400]);
  assert.deepEqual([2, 4, 8, 32].map(wide.to).map(Math.round), [0, 100, 200, 400]);
});

test("the window has all published settings, and no setting that the implementation cannot have", () => {
  const info = { alphas: [0.35, 1.4], resolutions: [96, 224], resolution: [224, 224], alpha_range: [0.3, 1.6], most_resolution: 300 };
  assert.deepEqual(windowOf(info, false), { alphas: [0.3, 1.6], sides: [64, 300] });
  assert.deepEqual(windowOf(info, true), { alphas: [0.3, 1.6], sides: [32, 300] });
  const alone = windowOf({ ...info, alphas: [], resolutions: [], alpha_range: [0.05, 4], most_resolution: 1e6 }, false);
  assert.ok(alone.alphas[0] < 1 && alone.alphas[1] > 1 && alone.sides[0] < 224 && alone.sides[1] > 224);
});

test("an oblong network stays oblong in the plane", () => {
  assert.deepEqual(resolutionOf([160, 224], 80), [80, 112]);
  assert.deepEqual(resolutionOf([224, 224], 80), [80, 80]);
  assert.ok(Math.abs(sideOf([80, 112], [160, 224]) - 80) < 1e-9);
  assert.equal(sideOf([16, 4], [224, 224]), 8);
  assert.equal(sideOf(96, [160, 224]), 96);
});

test("the nearest and the next value of a list", () => {
  assert.equal(nearest([], 3), undefined);
  assert.equal(nearest([1, 4], 1.9), 1);
  assert.equal(nearest([1, 4], 2.1), 4);
  assert.equal(nearest([1, 4], 99), 4);
  assert.equal(nearest([1, 4], 0.1), 1);
  assert.deepEqual([1, -1].map((direction) => neighbour([1, 2, 4], 2, direction)), [4, 1]);
  assert.deepEqual([1, -1].map((direction) => neighbour([1, 2, 4], 3, direction)), [4, 2]);
  assert.deepEqual([neighbour([1, 2], 2, 1), neighbour([1, 2], 1, -1), neighbour([], 5, 1)], [2, 1, 5]);
});

test("published ticks come first, and labels never overlap", () => {
  const ticks = ticksOf([1.4, 1.3, 1, 9], [1, 1.35, 0.5, 2], (value) => 100 * value, [0.4, 3], 20);
  assert.deepEqual(ticks.map(({ value, isPublished, hasLabel }) => [value, isPublished, hasLabel]), [
    [1.4, true, true], [1.3, true, false], [1, true, true], [0.5, false, true], [2, false, true],
  ]);
});
