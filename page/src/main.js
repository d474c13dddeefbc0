/** The start of the page. */

import { readData } from "./data.js";

const main = document.getElementById("mbcost");
if (main !== null) main.textContent = JSON.stringify(readData(document));
