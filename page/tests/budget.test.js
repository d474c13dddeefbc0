import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFit } from "../src/budget/command.js";
import { LIMITS, combine, findBinding, judge, judgeAll, measureShare } from "../src/budget/limits.js";
import { interpolate } from "../src/views/glide.js";

const NONE = { ram: null, flash: null, mult_adds: null, milliseconds: null, top1: null };
const STATE = {
  network: "v2", alpha: 1, resolution: [224, 224], implementation: "official", classes: 1000, convention: "macs",
  allocator: "naive", dtype: "int8", device: null, budget: NONE,
};
/** An engine in which every quantity is stated. */
const makeEngine = ({ peak = 0, flash = 0, mult_adds = 0, latency = {}, top1 = {} }) => ({
  find: (name) => ({ default_implementation: "official", has_classes: true, command: [name] }),
  memory: () => ({ peak }),
  bytes: () => 1,
  flash: () => flash,
  totals: () => ({ mult_adds }),
  latency: () => ({ milliseconds: null, low: null, high: null, reason: null, ...latency }),
  top1: () => ({ top1: null, low: null, high: null, exact: false, reason: "nobody trained it", ...top1 }),
});
const limitOf = (name) => LIMITS.find((limit) => limit.name === name);

test("a limit is kept up to its value, and a latency only if the upper end of its interval keeps it", () => {
  const value = (number, high = null) => ({ value: number, low: null, high, reason: null, isMeasured: false });
  for (const name of ["ram", "flash", "mult_adds"]) {
    assert.deepEqual([9, 10, 11].map((number) => judge(limitOf(name), 10, value(number))), ["keeps", "keeps", "breaks"]);
  }
  assert.deepEqual([9, 10, 11].map((number) => judge(limitOf("top1"), 10, value(number))), ["breaks", "keeps", "keeps"]);
  const latency = limitOf("milliseconds");
  assert.deepEqual([10, 10.1, null].map((high) => judge(latency, 10, value(9, high))), ["keeps", "may keep", "may keep"]);
  assert.equal(judge(latency, 10, value(10.1, 10.2)), "breaks");
  assert.equal(judge(latency, 10, value(null)), "unknown");
  assert.equal(measureShare(latency, 10, value(9, 9.5)), -0.05);
  assert.equal(measureShare(latency, 10, value(9, 12)), -0.1);
  assert.equal(measureShare(limitOf("ram"), 0, value(5)), 5000);
});

test("the limit binds that breaks by the largest share, or of which the smallest share is left", () => {
  const engine = makeEngine({ peak: 90, flash: 150, mult_adds: 400, latency: { milliseconds: 20, high: 25 } });
  const bind = (budget, device = null) => findBinding(judgeAll(engine, { ...STATE, device, budget: { ...NONE, ...budget } }));
  assert.equal(bind({ ram: 100, flash: 100, mult_adds: 300 }).limit.name, "flash");
  assert.equal(bind({ ram: 100, flash: 1000 }).limit.name, "ram");
  assert.equal(bind({ ram: 180, flash: 300 }).limit.name, "ram"); // of equals the first one of `mbcost fit`
  assert.equal(bind({ ram: 180, milliseconds: 30 }, "a").limit.name, "milliseconds");
  assert.equal(bind({ top1: 60 }), null);
  assert.equal(bind({ milliseconds: 30 }), null); // without a device it limits nothing
  assert.equal(combine(judgeAll(engine, { ...STATE, budget: { ...NONE, ram: 100, top1: 60 } })), "breaks");
  assert.equal(combine(judgeAll(engine, { ...STATE, device: "a", budget: { ...NONE, ram: 90, milliseconds: 24 } })), "may keep");
});

test("the command has what differs from its defaults, and quotes what a shell would read", () => {
  const engine = makeEngine({});
  const budget = { ram: 262144, flash: 1e6, mult_adds: 3e8, milliseconds: 30, top1: 65.5 };
  assert.equal(writeFit(engine, STATE, STATE), null);
  assert.equal(
    writeFit(engine, { ...STATE, budget, device: "pixel1-tflite" }, STATE),
    "mbcost fit v2 --ram 256KiB --flash 1MB --mult-adds 300M --min-top1 65.5 --max-latency 30ms --device pixel1-tflite",
  );
  const other = { ...STATE, network: "it's $(rm)", implementation: "keras", classes: 10, convention: "fvcore", allocator: "fused-block", dtype: "float16" };
  assert.equal(
    writeFit(engine, { ...other, budget: { ...NONE, flash: 1 } }, STATE),
    "mbcost fit 'it'\\''s $(rm)' --impl keras --classes 10 --convention fvcore --allocator fused-block --dtype float16 --flash 1B",
  );
});

test("a motion begins where it was and ends at its target", () => {
  const [from, to] = [{ alpha: 0.123, resolution: [224, 96] }, { alpha: 1, resolution: [32, 97] }];
  assert.deepEqual(interpolate(from, to, 0), from);
  assert.deepEqual(interpolate(from, to, 1), to);
  assert.deepEqual(interpolate(from, { ...to, alpha: 0.123 }, 0.5), { alpha: 0.123, resolution: [128, 97] });
});
