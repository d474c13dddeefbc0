/** Pictures have the width of the screen; on paper they are as much smaller as the paper is narrower. */

/** The width of the text on A4 and Letter with the margins of `print.css`, in CSS pixels. */
const PAPER = 680;

/** Give every picture its scale when the page is about to be printed. */
export function fitPicturesOnPaper() {
  addEventListener("beforeprint", () => {
    const zooms = [...document.querySelectorAll(".view")].map((view) => {
      const widths = [view, ...view.querySelectorAll("svg")].map((part) => part.getBoundingClientRect().width);
      return /** @type {const} */ ([view, Math.min(1, PAPER / Math.max(1, ...widths))]);
    });
    for (const [view, zoom] of zooms) /** @type {HTMLElement} */ (view).style.setProperty("--paper-zoom", String(zoom));
  });
}
