/** Read what the file carries: one block of JSON, which Python wrote. */

const BLOCK = "mbcost-data";

/**
 * Parse the JSON block of the page.
 * @param {Document} document
 * @returns {unknown}
 * @throws {Error} The block is missing, or its text is not JSON.
 */
export function readData(document) {
  const block = document.getElementById(BLOCK);
  if (block === null) throw new Error(`the page has no data: there is no element "${BLOCK}"`);
  return JSON.parse(block.textContent ?? "");
}
