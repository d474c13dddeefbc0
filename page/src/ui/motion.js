/** While the numbers move, what is far from the screen is not drawn; at rest, the whole page is. */

const REST = 400;
const MOVING = "is-moving";

/**
 * Mark an element while changes follow each other, from now on and until no change came for a while.
 * @param {HTMLElement} element
 * @param {import("../state/store.js").Store} store
 */
export function markMotion(element, store) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const move = () => {
    element.classList.add(MOVING);
    clearTimeout(timer);
    timer = setTimeout(() => element.classList.remove(MOVING), REST);
  };
  store.subscribe(move);
  move();
}
