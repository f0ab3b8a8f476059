/** Numbers as tables, bars and plots say them. Pure. */

const GROUPED = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param {number | null | undefined} value @param {number | null} [digits] decimals; as few as say it unless given */
export function figure(value, digits = null) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (digits !== null)
    return signed(
      value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    );
  if (Number.isInteger(value))
    return signed(Math.abs(value) < 1e4 ? String(value) : GROUPED.format(value));
  const size = Math.abs(value);
  if (size < 1e-4) return signed(value.toExponential(1));
  return signed(String(Number(value.toPrecision(size < 1 ? 3 : 4))));
}

/** @param {string} text @returns {string} with a minus as wide as a figure */
const signed = (text) => text.replace(/^-/, "−");
