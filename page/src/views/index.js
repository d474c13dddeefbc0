/** The views by the slot of the page that they fill; `layout.js` has the slots, in their order. */

import { createBudget } from "./budget.js";
import { createChoices } from "./choices.js";
import { createControls } from "./controls.js";
import { createTotals } from "./totals.js";
import { createLedger } from "./ledger.js";
import { createLesson } from "./lesson.js";
import { createTour } from "./tour.js";
import { createVersus } from "./versus.js";
import { createTable } from "./table.js";

/** @type {Record<string, import("../context.js").ViewMaker>} */
export const VIEWS = {
  tour: createTour,
  choices: createChoices,
  controls: createControls,
  totals: createTotals,
  ledger: createLedger,
  budget: createBudget,
  versus: createVersus,
  lesson: createLesson,
  table: createTable,
};
