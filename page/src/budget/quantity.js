// Limits as people type them: `256KiB`, `300M`, `30ms`, `65%`. The grammar is that of mbcost/spec/quantity.py and of the
// command line (mbcost/cli/quantities.py), with the same messages, so that what the page accepts the command accepts.
// tests/page compares both on some thousand texts. Numbers are exact: a BigInt of digits and a power of ten.

/**
 * @typedef {object} Quantity
 * @property {string} relation `<`, `~` and the like, if the number is not stated as exact
 * @property {string} digits the digits before the point, without separators
 * @property {string} decimals
 * @property {number} exponent
 * @property {"" | "K" | "M" | "G" | "T"} prefix
 * @property {boolean} isBinary whether the prefix is a power of 1024
 * @property {string} unit what is counted, such as `bytes`; empty if the text does not say it
 * @property {boolean} mayBeBits whether a small b follows a capital prefix, as in `Mb`
 * @property {boolean} perSecond
 */

/** @typedef {{numerator: bigint, denominator: bigint}} Fraction an exact number; the denominator is a power of ten */

/** White space as Python's regular expressions have it. */
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SPACE_OR_HYPHEN = `(?:${SPACE}|-)*`;
const LARGEST_EXPONENT = 40;
const LARGEST = 10n ** 30n;
const FEWEST_BYTES = 1024;
const POWERS = { "": 0, K: 1, M: 2, G: 3, T: 4 };

/** What a number counts -> how its unit is written. */
const UNITS = {
  operations: "flops?|ops|operations",
  mult_adds: "macs?|m?madds?|mul(?:t(?:iply|iplies)?)?[ -]?(?:adds?|accumulates?)",
  params: "params?|parameters?|weights",
  activations: "activations",
  bits: "bits?",
  bytes: "b|bytes?",
  seconds: "s",
  percent: "%",
};
const NUMBER = new RegExp(
  `^(?<relation>[<>≥≤]|~|≈|about )?${SPACE}*` +
    "(?<digits>[0-9]{1,3}(?:[,_ ][0-9]{3})+|[0-9]{1,19})(?:\\.(?<decimals>[0-9]{1,18}))?(?:[eE]\\+?(?<exponent>[0-9]{1,4}))?",
);
const TAIL = new RegExp(
  `^${SPACE_OR_HYPHEN}(?<prefix>thousand|million|billion|[kmgt](?<binary>i)?|b)?${SPACE_OR_HYPHEN}(?:` +
    Object.entries(UNITS)
      .map(([name, pattern]) => `(?<${name}>${pattern})`)
      .join("|") +
    ")?(?<rate>/s|ps)?$",
  "i",
);
const BITS = new RegExp(`^${SPACE_OR_HYPHEN}[KMGT]b(?:/s|ps)?$`);
const TRIMMED = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
/** @type {Readonly<Record<string, string>>} */
const WORDS = { THOUSAND: "K", MILLION: "M", BILLION: "G", B: "G" };

/**
 * Reads a number with its prefix and unit.
 * @param {string} text as people write it
 * @param {string} asked the unit of what the number is to state, which decides what `B` alone means
 * @returns {Quantity | null} null if the text is not a number, or has an unknown unit
 */
export function readQuantity(text, asked) {
  const trimmed = text.replace(TRIMMED, "");
  const number = NUMBER.exec(trimmed);
  if (!number?.groups) return null;
  const rest = trimmed.slice(number[0].length);
  const tail = TAIL.exec(rest);
  if (!tail?.groups) return null;
  const { groups } = tail;
  let prefix = (groups.prefix ?? "").toUpperCase().replace(/I$/, "");
  let unit = Object.keys(UNITS).find((name) => groups[name]) ?? "";
  if (prefix === "B" && !unit && asked === "bytes") [prefix, unit] = ["", "bytes"];
  return {
    relation: number.groups.relation ?? "",
    digits: number.groups.digits.replace(/[,_ ]/g, ""),
    decimals: number.groups.decimals ?? "",
    exponent: Number(number.groups.exponent ?? 0),
    prefix: /** @type {Quantity["prefix"]} */ (WORDS[prefix] ?? prefix),
    isBinary: Boolean(groups.binary),
    unit,
    mayBeBits: BITS.test(rest),
    perSecond: Boolean(groups.rate),
  };
}

/**
 * @param {Quantity} quantity
 * @returns {Fraction}
 */
function evaluate({ digits, decimals, exponent, prefix, isBinary }) {
  const base = isBinary ? 1024n : 1000n;
  const whole = BigInt(digits + decimals) * base ** BigInt(POWERS[prefix]);
  return {
    numerator: whole * 10n ** BigInt(Math.min(exponent, LARGEST_EXPONENT)),
    denominator: 10n ** BigInt(decimals.length),
  };
}

/**
 * Bytes with their unit; a number without a unit is bytes.
 * @param {string} text
 * @param {string} option what the message calls the limit
 * @returns {number}
 * @throws {RangeError} the text does not have this form; the message is one line that says what to write
 */
export function parseSize(text, option) {
  const size = readWhole(text, option, "bytes", "a size such as 320KiB, 1MB or 327680 (bytes)");
  if (size > 0 && size < FEWEST_BYTES && /^[0-9]+$/.test(text.replace(TRIMMED, ""))) {
    throw new RangeError(`${option} is ${text}, which would be bytes: write ${text}KiB, or ${text}B for bytes`);
  }
  return size;
}

/**
 * A count with its prefix, and perhaps with its unit: `60M`, `1.2G MACs`, `3,504,872`.
 * @param {string} text
 * @param {string} option `mult-adds` or `params`
 * @returns {number}
 * @throws {RangeError} the text does not have this form
 */
export function parseCount(text, option) {
  return readWhole(text, option, option.replace("-", "_"), "a count such as 60M, 2.5K or 3504872");
}

/**
 * Milliseconds: `30ms`, `0.03s`, `30`.
 * @param {string} text
 * @param {string} option
 * @returns {number}
 * @throws {RangeError} the text does not have this form
 */
export function parseMilliseconds(text, option) {
  const form = "a time such as 30ms or 0.03s";
  const written = read(text, option, "seconds", form, ["", "M"]);
  if (written.isBinary || (written.prefix && !written.unit)) throw refuse(text, option, form);
  // The grammar has M for millions; before seconds it is a thousandth.
  return toNumber(written, written.unit && !written.prefix ? 3 : 0);
}

/**
 * A percentage from 0 to 100.
 * @param {string} text
 * @param {string} option
 * @returns {number}
 * @throws {RangeError} the text does not have this form, or the number is above 100
 */
export function parsePercent(text, option) {
  const form = "a percentage from 0 to 100, such as 68.5";
  const percent = toNumber(read(text, option, "percent", form, [""]), 0);
  if (percent > 100) throw refuse(text, option, form);
  return percent;
}

/**
 * The float64 nearest to the decimal that is written, times a power of ten; the prefix is ignored.
 * @param {Quantity} written
 * @param {number} power
 */
function toNumber({ digits, decimals, exponent }, power) {
  return Number(`${digits}.${decimals || 0}e${Math.min(exponent, LARGEST_EXPONENT) + power}`);
}

/**
 * @param {string} text
 * @param {string} option
 * @param {string} unit
 * @param {string} form
 */
function readWhole(text, option, unit, form) {
  const { numerator, denominator } = evaluate(read(text, option, unit, form, ["", "K", "M", "G", "T"]));
  if (numerator % denominator) throw refuse(text, option, `${form}, as a whole number`);
  return Number(numerator / denominator);
}

/**
 * @param {string} text
 * @param {string} option
 * @param {string} unit the unit that is asked for; a number can also have none
 * @param {string} form what to write
 * @param {string[]} prefixes
 * @returns {Quantity}
 */
function read(text, option, unit, form, prefixes) {
  const written = readQuantity(text, unit);
  if (!written || written.relation || written.perSecond) throw refuse(text, option, form);
  const meanings = listMeanings(written, unit);
  if (meanings) throw refuse(text, option, meanings);
  const { numerator, denominator } = evaluate(written);
  const isUnit = written.unit === "" || written.unit === unit;
  if (!isUnit || !prefixes.includes(written.prefix) || numerator > LARGEST * denominator) {
    throw refuse(text, option, form);
  }
  return written;
}

/**
 * What to write instead of a unit that can mean two things; null if there is one meaning.
 * @param {Quantity} written
 * @param {string} unit
 */
function listMeanings(written, unit) {
  const number =
    written.digits + (written.decimals && `.${written.decimals}`) + (written.exponent ? `e${written.exponent}` : "");
  const { prefix } = written;
  if (unit === "bytes" && (written.unit === "bits" || written.mayBeBits)) {
    return `${number}${prefix}${written.isBinary ? "i" : ""}B for bytes, or ${divide(written, 8n)}B for bits`;
  }
  if (unit === "bytes" && !written.unit && prefix && !written.isBinary) {
    return `${number}${prefix}B for powers of 1000, or ${number}${prefix}iB for powers of 1024`;
  }
  if (unit === "mult_adds" && written.unit === "operations") {
    return `${number}${prefix} for multiply-adds, or ${divide(written, 2n)} if each of them is two operations`;
  }
  return null;
}

/**
 * @param {Quantity} written
 * @param {bigint} divisor
 * @returns {string} the exact quotient if it is whole, else six digits of it, as Python's `g` writes them
 */
function divide(written, divisor) {
  const { numerator, denominator } = evaluate(written);
  const [top, bottom] = [numerator, denominator * divisor];
  return top % bottom === 0n ? String(top / bottom) : writeGeneral(Number(top) / Number(bottom));
}

/** @param {number} value a positive number */
function writeGeneral(value) {
  // Python rounds a tie to the even digit, toExponential rounds it up.
  const tie = /^(\d\.\d{4}[02468])50*(e.*)$/.exec(value.toExponential(100));
  const [digits, power] = (tie ? tie[1] + tie[2] : value.toExponential(5)).split("e");
  const exponent = Number(power);
  const shorten = (/** @type {string} */ decimal) => (decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal);
  if (exponent >= -4 && exponent < 6) return shorten(Number(`${digits}e${power}`).toFixed(5 - exponent));
  return `${shorten(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/**
 * @param {string} text
 * @param {string} option
 * @param {string} form
 */
function refuse(text, option, form) {
  return new RangeError(`${option} is '${text}': write ${form}`);
}

/**
 * The shortest text that `parseSize` reads as exactly this number of bytes.
 * @param {number} bytes
 */
export function spellSize(bytes) {
  for (const [unit, size] of /** @type {const} */ ([["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["MB", 1e6], ["KB", 1e3]])) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${spellDecimal(bytes)}B`;
}

/**
 * The shortest text that `parseCount` reads as exactly this number.
 * @param {number} count
 */
export function spellCount(count) {
  for (const [unit, size] of /** @type {const} */ ([["G", 1e9], ["M", 1e6], ["K", 1e3]])) {
    const digits = count / size;
    if (count >= size && Number.isInteger(count / (size / 100))) return `${digits}${unit}`;
  }
  return spellDecimal(count);
}

/**
 * A decimal without a negative exponent, which both the page and the command read as exactly this number.
 * @param {number} number at least 0, with at most 18 decimals
 */
export function spellDecimal(number) {
  if (number >= 1e18) return number.toExponential();
  const [digits, power] = String(number).split("e");
  if (power === undefined) return digits;
  const [whole, decimals = ""] = digits.split(".");
  return `0.${"0".repeat(-Number(power) - 1)}${whole}${decimals}`;
}
