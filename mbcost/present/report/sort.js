
"use strict";
{
  /**
   * Return the exact number of a cell, its words, or null if it is empty. A BigInt and a Number compare exactly.
   * @param {HTMLTableCellElement} cell
   */
  const read = (cell) => {
    const { value } = cell.dataset;
    const text = value ?? cell.textContent ?? "";
    if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace("+", ""));
    if (value !== undefined || /^[+-]?\d+\.\d+$/.test(text)) return Number(text);
    return text === "" ? null : text;
  };

  /**
   * Return less than 0 if `a` comes first: a number before words, the larger number, the first word in the alphabet.
   * @param {bigint|number|string} a
   * @param {bigint|number|string} b
   */
  const compare = (a, b) => {
    const areWords = typeof a === "string" && typeof b === "string";
    if (typeof a === "string" !== (typeof b === "string")) return typeof a === "string" ? 1 : -1;
    return a === b ? 0 : a < b === areWords ? -1 : a > b === areWords ? 1 : 0;
  };

  /**
   * Make the headers of a table sort its rows: forwards, backwards, and back to the first order. Empty cells stay last.
   * @param {HTMLTableElement} table
   */
  const makeSortable = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const headers = [...table.rows[0].cells];
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const keys = rows.map((row, index) => header.dataset.order === "rows" ? -index : read(row.cells[column]));
        const isAscending = header.dataset.order === "rows" || keys.every((key) => key === null || typeof key === "string");
        const ways = isAscending ? ["ascending", "descending", null] : ["descending", "ascending", null];
        const way = ways[(ways.indexOf(header.getAttribute("aria-sort")) + 1) % ways.length];
        const sign = way === ways[0] ? 1 : way === ways[1] ? -1 : 0;
        const order = [...rows.keys()].sort((first, second) => {
          const [a, b] = [keys[first], keys[second]];
          if (a === null || b === null) return sign && Number(a === null) - Number(b === null);
          return sign * compare(a, b);
        });
        for (const other of headers) other.removeAttribute("aria-sort");
        if (way !== null) header.setAttribute("aria-sort", way);
        for (const index of order) body.append(rows[index]);
      });
    });
  };

  /**
   * Add a button that copies a command line, or selects it where a page may not copy.
   * @param {HTMLElement} command
   */
  const makeCopyable = (command) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      getSelection()?.selectAllChildren(command);
      try {
        await navigator.clipboard.writeText(command.textContent ?? "");
        button.textContent = "Copied";
      } catch {
        button.textContent = "Selected";
      }
    });
    command.after(button);
  };

  for (const table of document.querySelectorAll("table")) makeSortable(table);
  for (const command of document.querySelectorAll("code")) makeCopyable(command);
}
