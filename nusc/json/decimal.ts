/**
 * Decimal digits to the nearest float64 without building a string.
 * @module
 */

/** Powers of ten that float64 holds exactly. */
export const POWERS_OF_TEN: Float64Array = Float64Array.from(
  { length: 23 },
  (_, power) => Number(`1e${power}`),
);

/** Veltkamp's constant: cuts a float64 in two halves of 26 bits. */
const SPLIT = 2 ** 27 + 1;

/** Error of the rounded product: a * b = product + result, exactly. */
function productError(a: number, b: number, product: number): number {
  const aBig = a * SPLIT;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * SPLIT;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) +
    aLow * bLow;
}

/**
 * The number of so many significant digits times 10^power, or NaN where
 * {@link roundDecimal} is not sure.
 * @param first digits 1 to 8
 * @param second digits 9 to 15
 * @param third digits 16 to 19
 */
export function joinDigits(
  first: number,
  second: number,
  third: number,
  digits: number,
  power: number,
): number {
  if (digits <= 8) return roundDecimal(first, 1, 0, power);
  if (digits <= 15) {
    const high = first * POWERS_OF_TEN[digits - 8]! + second;
    return roundDecimal(high, 1, 0, power);
  }
  if (digits > 19) return NaN;
  const shift = POWERS_OF_TEN[digits - 15]!;
  return roundDecimal(first * 1e7 + second, shift, third, power);
}

/**
 * (high * shift + low) * 10^power, rounded once, or NaN where this method is
 * not sure of the last bit.
 * @param high first 15 significant digits
 * @param shift power of ten, at most 10^4
 * @param low further digits, below shift
 */
function roundDecimal(
  high: number,
  shift: number,
  low: number,
  power: number,
): number {
  if (shift === 1) {
    // Both are exact, so that one operation rounds once.
    if (power === 0) return high;
    if (power < 0 && power >= -22) return high / POWERS_OF_TEN[-power]!;
    if (power > 0 && power <= 22) return high * POWERS_OF_TEN[power]!;
    return NaN;
  }
  if (power > 0 || power < -22) return NaN;
  const product = high * shift;
  const error = productError(high, shift, product) + low;
  const whole = product + error;
  const rest = error - (whole - product);
  if (power === 0) return whole;
  return divide(whole, rest, POWERS_OF_TEN[-power]!);
}

/** (whole + rest) / divisor, or NaN if too near to a tie. */
function divide(whole: number, rest: number, divisor: number): number {
  const quotient = whole / divisor;
  const product = quotient * divisor;
  const left = whole - product;
  const error = productError(quotient, divisor, product);
  const correction = (left - error + rest) / divisor;
  const doubt = (Math.abs(left) + Math.abs(error) + Math.abs(rest)) /
    divisor * 2 ** -50;
  const result = quotient + (correction - doubt);
  return result === quotient + (correction + doubt) ? result : NaN;
}
