import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "../build.mjs";

test("two builds are the same, and neither can end its element", async () => {
  const built = await build();
  assert.deepEqual(Object.keys(built).sort(), ["page.css", "page.js"]);
  assert.deepEqual(await build(), built);
  for (const text of Object.values(built)) assert.doesNotMatch(text, /<\/(script|style)|<!--/i);
});
