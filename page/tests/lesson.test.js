import assert from "node:assert/strict";
import { test } from "node:test";
import { WIDTH, chooseScale, drawBanks } from "../src/views/lesson/boxes.js";
import { add, equals, fraction, writeDecimal, writeFraction } from "../src/views/lesson/fraction.js";

/** Forms of layers of many sizes: standard, separable, and a block that expands first. */
function listForms() {
  const forms = [];
  for (const [m, n, kernel, side] of [[512, 512, 3, 14], [16, 96, 3, 56], [160, 960, 5, 7], [960, 160, 5, 7], [1, 1, 7, 1], [32, 8, 3, 400]]) {
    const map = [side, side + 3];
    const sides = [kernel, kernel];
    const dense = { kind: "dense", kernel: sides, inputs: m, outputs: n, map };
    const half = { kind: "pointwise", kernel: [1, 1], inputs: Math.ceil(m / 2), outputs: Math.ceil(n / 2), map: [side, side] };
    const pointwise = { ...half, inputs: m, outputs: n, map };
    const depthwise = { kind: "depthwise", kernel: sides, inputs: m, outputs: 1, map };
    const turned = { ...depthwise, inputs: 1, outputs: n };
    forms.push([[dense], [depthwise, pointwise], [{ ...depthwise, inputs: half.inputs }, half]]);
    forms.push([[dense], [pointwise, turned], [half, { ...turned, outputs: half.outputs }]], [[dense], [depthwise]]);
  }
  return forms;
}

/** The parallelograms of a path, as corner and two edges. */
function readShapes(path) {
  return path.split("z").filter(Boolean).map((part) => {
    const [x, y, ax, ay, bx, by] = part.match(/-?[\d.]+/g).map(Number);
    return { x, y, ax, ay, bx, by };
  });
}

test("faces are to scale, there is one box per position of the kernel, and every box is inside of its picture", () => {
  for (const forms of listForms()) {
    const scale = chooseScale(forms);
    for (const form of forms) {
      const drawn = drawBanks(form, scale);
      for (const [index, { fronts, sides }] of drawn.entries()) {
        const bank = form[index];
        const faces = readShapes(fronts);
        assert.equal(faces.length, bank.kernel[0] * bank.kernel[1]);
        for (const face of faces) {
          assert.ok(Math.abs(face.ax - Math.max(1, bank.outputs * scale.channel)) < 0.01);
          assert.ok(Math.abs(face.by - Math.max(1, bank.inputs * scale.channel)) < 0.01);
        }
        for (const { x, y, ax, ay, by } of readShapes(sides)) {
          assert.ok(Math.abs(Math.hypot(ax, ay) - bank.map[0] * bank.map[1] * scale.position) < 0.05);
          assert.ok(x >= 0 && x + ax <= WIDTH && y + ay >= -0.01 && y + by <= scale.height, JSON.stringify([bank, x, y, ax, by]));
        }
      }
    }
  }
});

test("boxes of one picture do not cover each other", () => {
  for (const forms of listForms()) {
    const scale = chooseScale(forms);
    for (const form of forms) {
      const boxes = drawBanks(form, scale).flatMap(({ fronts, sides }) => {
        const deep = readShapes(sides);
        return readShapes(fronts).map(({ x, y, ax, by }, index) => ({
          left: x, right: x + ax + deep[index].ax, top: y + deep[index].ay, bottom: y + by,
        }));
      });
      for (const [index, one] of boxes.entries()) {
        for (const other of boxes.slice(index + 1)) {
          const isApart = one.right <= other.left + 0.05 || other.right <= one.left + 0.05 || one.bottom <= other.top + 0.05 || other.bottom <= one.top + 0.05;
          assert.ok(isApart, JSON.stringify([form, one, other]));
        }
      }
    }
  }
});

test("fractions are exact beyond what a number represents", () => {
  const third = fraction(2 ** 52, 3 * 2 ** 52);
  assert.equal(writeFraction(third), "1/3");
  assert.ok(equals(add(third, fraction(1, 6)), fraction(1, 2)));
  assert.equal(writeFraction(fraction(10, 5)), "2");
  assert.equal(writeDecimal(fraction(521, 4608)), "0.1131");
  assert.equal(writeDecimal(fraction(1, 20000)), "0.0001");
  assert.equal(writeDecimal(fraction(9007199254740993n, 9007199254740992n)), "1.0000");
});
