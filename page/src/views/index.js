/** The views by the slot of the page that they fill; `layout.js` has the slots, in their order. */

import { createBars } from "./bars.js";
import { createBudget } from "./budget.js";
import { createChoices } from "./choices.js";
import { createControls } from "./controls.js";
import { createLedger } from "./ledger.js";
import { createLesson } from "./lesson.js";
import { createMessages } from "./messages.js";
import { createNetwork } from "./network.js";
import { createPaper } from "./paper.js";
import { createPlane } from "./plane.js";
import { createTable } from "./table.js";
import { createTools } from "./tools.js";
import { createTotals } from "./totals.js";
import { createTour } from "./tour.js";
import { createVersus } from "./versus.js";

/** @type {Record<string, import("../context.js").ViewMaker>} */
export const VIEWS = {
  tools: createTools,
  messages: createMessages,
  paper: createPaper,
  tour: createTour,
  choices: createChoices,
  network: createNetwork,
  controls: createControls,
  totals: createTotals,
  ledger: createLedger,
  bars: createBars,
  plane: createPlane,
  budget: createBudget,
  versus: createVersus,
  lesson: createLesson,
  table: createTable,
};
