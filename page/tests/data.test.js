import assert from "node:assert/strict";
import { test } from "node:test";
import { readData } from "../src/data.js";

/**
 * A document whose only element has this text.
 * @param {string | null} text
 */
const documentWith = (text) =>
  /** @type {Document} */ (
    /** @type {unknown} */ ({ getElementById: () => (text === null ? null : { textContent: text }) })
  );

test("the data of the page are the JSON of its block", () => {
  assert.deepEqual(readData(documentWith('{"a": "\\u003c/script>"}')), { a: "</script>" });
});

test("a page without data, or with broken data, is an error", () => {
  assert.throws(() => readData(documentWith(null)), /mbcost-data/);
  assert.throws(() => readData(documentWith("{")), SyntaxError);
});
