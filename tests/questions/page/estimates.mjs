// The estimates of the page's engine, for tests: node estimates.mjs < {"document": …, "settings": [...]}
import { readFileSync } from "node:fs";

import { createEngine } from "../../../page/src/engine/engine.js";

const { document, settings } = JSON.parse(readFileSync(0, "utf8"));
const engine = createEngine(document);

/** The answer, or the message of the refusal. */
function ask(question) {
  try {
    return question();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { error: error.message };
  }
}

const answers = settings.map((setting) => ({
  latencies: engine.devices.map((device) => ask(() => engine.latency(setting, device.name))),
  top1: ask(() => engine.top1(setting)),
  checkpoints: engine.checkpoints(setting.network, setting.implementation),
}));
process.stdout.write(JSON.stringify(answers));
