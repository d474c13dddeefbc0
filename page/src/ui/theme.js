/** Light and dark: as the system has it until the user chooses. */

const KEY = "mbcost-theme";
const SYSTEM = "(prefers-color-scheme: dark)";

/** @returns {"light" | "dark" | null} */
function readChoice() {
  try {
    const choice = localStorage.getItem(KEY);
    return choice === "light" || choice === "dark" ? choice : null;
  } catch {
    return null; // a page from disk may have no storage
  }
}

/** @param {"light" | "dark"} choice */
function writeChoice(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // the choice then lasts as long as the page
  }
}

/**
 * Apply the theme, follow the system until the user chooses, and return what changes it.
 * @param {(theme: "light" | "dark") => void} onChange
 */
export function createTheme(onChange) {
  const system = matchMedia(SYSTEM);
  let choice = readChoice();
  const current = () => choice ?? (system.matches ? "dark" : "light");
  const apply = () => {
    document.documentElement.dataset["theme"] = current();
    onChange(current());
  };
  system.addEventListener("change", apply);
  apply();
  return {
    current,
    toggle() {
      choice = current() === "dark" ? "light" : "dark";
      writeChoice(choice);
      apply();
    },
  };
}
