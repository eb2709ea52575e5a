/**
 * An exact decimal in its text form: `"100.50"`. Amounts, fees and rates have this type everywhere.
 *
 * A JavaScript number never stands for money: `0.1 + 0.2` is not `0.3`. A text that is not known before run time
 * becomes one by {@link decimal}.
 */
export type Decimal = `${number}`;

const FORM = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

/** The text as a {@link Decimal}; throws `RangeError` for anything that is no plain decimal (`"1e5"`, `"1,000"`, `""`). */
export function decimal(text: string): Decimal {
  if (!isDecimal(text)) throw new RangeError(`no decimal: ${typeof text === "string" ? JSON.stringify(text) : typeof text}`);
  return text;
}

/** True for the text of a plain decimal. */
export function isDecimal(value: unknown): value is Decimal {
  return typeof value === "string" && FORM.test(value);
}

/** -1, 0 or 1 as `left` is less than, equal to or greater than `right`; exact, so `"60"` equals `"60.00"`. */
export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const scale = Math.max(fraction(decimal(left)), fraction(decimal(right)));
  const difference = units(left, scale) - units(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The exact sum; it has as many decimals as the summand with the most. */
export function addDecimals(...summands: readonly Decimal[]): Decimal {
  const scale = Math.max(0, ...summands.map((each) => fraction(decimal(each))));
  return written(summands.reduce((sum, each) => sum + units(each, scale), 0n), scale);
}

function fraction(text: Decimal): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

function units(text: Decimal, scale: number): bigint {
  return BigInt(text.replace(".", "") + "0".repeat(scale - fraction(text)));
}

function written(amount: bigint, scale: number): Decimal {
  const sign = amount < 0n ? "-" : "";
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return (scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`) as Decimal;
}
