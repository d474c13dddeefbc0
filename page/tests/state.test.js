import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress, writeAddress } from "../src/state/address.js";
import { changeState, defaultState } from "../src/state/state.js";
import { createStore } from "../src/state/store.js";
import { HOSTILE, createFake } from "./fake.js";

const engine = createFake();
/** @type {import("../src/state/state.js").State} */
const FULL = {
  network: "v2",
  alpha: 0.123456789,
  resolution: [160, 224],
  implementation: "keras",
  classes: 10,
  convention: "fvcore",
  versus: { network: HOSTILE, alpha: 1, resolution: [224, 224], implementation: "own" },
  block: "2.1",
  quantity: "memory",
  allocator: "fused-block",
  dtype: "float32",
  device: "pixel1-tflite",
  budget: { ram: 327680, flash: 1000001, mult_adds: 60_000_000, milliseconds: 12.5, top1: 70.1 },
  tour: 7,
};

/** Numbers that look random, and are the same every time. @param {number} seed */
function* randomNumbers(seed) {
  for (let value = seed; ; ) {
    value = (value * 1103515245 + 12345) % 2 ** 31;
    yield value / 2 ** 31;
  }
}

test("an address gives back the state that it was written from, for any parts of a state", () => {
  const random = randomNumbers(7);
  const next = () => Number(random.next().value);
  for (let count = 0; count < 300; count += 1) {
    const state = defaultState(engine);
    for (const key of Object.keys(FULL)) if (next() < 0.4) Object.assign(state, { [key]: Reflect.get(FULL, key) });
    state.alpha = next() < 0.5 ? Number((4 * next()).toFixed(3)) || 1 : 4 * next();
    const address = writeAddress(state, engine);
    assert.doesNotMatch(address, /[<>\s"']/);
    assert.deepEqual(readAddress(address, engine), { state, messages: [] }, address);
  }
});

test("the default state has no address, and an address has only what differs from it", () => {
  assert.equal(writeAddress(defaultState(engine), engine), "");
  const state = changeState(engine, defaultState(engine), { alpha: 0.75, classes: 10 });
  assert.equal(writeAddress(state, engine), "#v2@0.75/224:official&classes=10");
});

test("a wrong part of an address gives one message of one line, and the rest is used", () => {
  const wrong = ["classes=ten", "classes=0", "alpha", "colour=red", "convention=flops", "vs=v9", "vs=v2@9", "ram=lots",
    "tour=9", "show=time", "dtype=int3", "%E0%A4%A", "max-latency=-3ms", "__proto__=1", "constructor=1", "=", "device=", "block=9.9"];
  for (const part of wrong) {
    const { state, messages } = readAddress(`#v1@0.25/160&${part}&convention=fvcore`, engine);
    assert.equal(messages.length, 1, part);
    assert.doesNotMatch(String(messages[0]), /\n|NaN|undefined/, part);
    assert.equal(writeAddress(state, engine), "#v1@0.25/160:official&convention=fvcore", part);
  }
});

test("another network keeps the settings that it can have", () => {
  const state = changeState(engine, defaultState(engine), { alpha: 0.75, resolution: [160, 160], implementation: "keras", block: "2.1" });
  const { network, alpha, resolution, implementation, block } = changeState(engine, state, { network: "v1" });
  assert.deepEqual([network, alpha, resolution, implementation, block], ["v1", 0.75, [160, 160], "official", null]);
  const file = changeState(engine, state, { network: HOSTILE });
  assert.deepEqual([file.alpha, file.resolution, file.implementation], [1, [224, 224], "own"]);
});

test("a change that is not possible leaves the state as it is, and says why", () => {
  /** @type {(() => void)[]} */
  const frames = [];
  const store = createStore(engine, defaultState(engine), (work) => void frames.push(work));
  /** @type {unknown[]} */
  const shown = [];
  /** @type {(readonly string[])[]} */
  const messages = [];
  store.subscribe(({ alpha }) => shown.push(alpha));
  store.onMessages((lines) => messages.push(lines));
  assert.match(String(store.update({ alpha: 5 })), /at most 4/);
  assert.equal(store.state.alpha, 1);
  assert.equal(store.update({ alpha: 2 }), null);
  assert.equal(store.update({ alpha: 3 }), null);
  assert.equal(frames.length, 1, "changes before a frame are told of once");
  frames.forEach((work) => work());
  assert.deepEqual(shown, [3]);
  assert.deepEqual(messages.map((lines) => lines.length), [1, 0, 0]);
});
