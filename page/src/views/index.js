/** The views by the slot of the page that they fill; `layout.js` has the slots, in their order. */

import { createChoices } from "./choices.js";
import { createControls } from "./controls.js";
import { createMessages } from "./messages.js";
import { createPaper } from "./paper.js";
import { createTools } from "./tools.js";
import { createTotals } from "./totals.js";
import { createLedger } from "./ledger.js";
import { createVersus } from "./versus.js";
import { createTable } from "./table.js";
import { createNetwork } from "./network.js";
import { createBars } from "./bars.js";
import { createPlane } from "./plane.js";

/** @type {Record<string, import("../context.js").ViewMaker>} */
export const VIEWS = {
  tools: createTools,
  messages: createMessages,
  paper: createPaper,
  choices: createChoices,
  network: createNetwork,
  controls: createControls,
  totals: createTotals,
  ledger: createLedger,
  bars: createBars,
  plane: createPlane,
  versus: createVersus,
  table: createTable,
};
