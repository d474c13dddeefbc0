// The answers of the page's engine, for tests: node costs.mjs < {"document": …, "settings": [...]}
import { readFileSync } from "node:fs";

import { createEngine } from "../../../page/src/engine/engine.js";

const { document, settings } = JSON.parse(readFileSync(0, "utf8"));
const engine = createEngine(document);

const answers = settings.map((setting) => {
  try {
    const { dtype, ...rest } = setting;
    const costs = engine.costs(rest);
    const totals = engine.totals(rest);
    const sums = { params: costs.params, mult_adds: costs.mult_adds, activations: costs.activations };
    if (JSON.stringify(totals) !== JSON.stringify(sums)) throw new Error(`totals are not sums: ${JSON.stringify([totals, sums])}`);
    return {
      ...costs,
      tally: engine.tally(rest),
      live: engine.allocators.map((allocator) => engine.memory(rest, allocator).live),
      flash: engine.flash(rest, dtype),
      numbers: costs.rows.map((_, index) => engine.formula(rest, index)?.numbers ?? null),
      standard: engine.blocks(rest).map((block) => engine.standard(rest, block.name)),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(answers));
