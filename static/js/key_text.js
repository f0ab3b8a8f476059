/** Keys as this machine's keyboard calls them, and whether one was pressed. Pure. */

const IS_MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const SHOWN = { Mod: "Ctrl", Escape: "Esc", ...ARROWS };
const SHOWN_ON_MAC = { Mod: "⌘", Shift: "⇧", Alt: "⌥", Enter: "⏎", Escape: "Esc", ...ARROWS };

/**
 * On a Mac the Option key types letters (å, ç, ¡), so that Control and Shift stand in for Alt there.
 *
 * @param {string[]} parts
 * @param {boolean} isMac
 */
const onThisMachine = (parts, isMac) =>
  isMac && parts[0] === "Alt" && /^[a-z0-9]$/.test(parts.at(-1) ?? "")
    ? ["⌃", "Shift", parts.at(-1) ?? ""]
    : parts;

/**
 * @param {string | undefined} key
 * @returns {string} as this machine's keyboard calls it
 */
export function keyText(key, isMac = IS_MAC) {
  if (!key) return "";
  /** @type {{[part: string]: string}} */
  const shown = isMac ? SHOWN_ON_MAC : SHOWN;
  return onThisMachine(key.split("+"), isMac)
    .map((part) => shown[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(isMac ? "" : " ");
}

/** @param {{key: string, also?: string[]}} action @returns {string[]} every key that does it, the one to be shown first */
export const keysOf = ({ key, also = [] }) => [key, ...also];

/**
 * @param {KeyboardEvent} event
 * @param {string} key
 */
export function matches(event, key, isMac = IS_MAC) {
  const parts = onThisMachine(key.split("+"), isMac);
  const last = parts.at(-1) ?? "";
  const wants = (/** @type {string} */ part) => parts.includes(part);
  const control = isMac ? wants("⌃") : wants("Mod");
  if (event.ctrlKey !== control || event.metaKey !== (isMac && wants("Mod"))) return false;
  // Where "/" or "." stands on another key, Shift may be needed to type it.
  const byShift = last.length === 1 && !/[a-z0-9]/.test(last);
  if (!byShift && event.shiftKey !== wants("Shift")) return false;
  return event.altKey === wants("Alt") && typed(event, byShift) === last;
}

/**
 * @param {KeyboardEvent} event
 * @param {boolean} asSign whether a sign is looked for, not a letter or a digit
 * @returns {string} the key's name; the letter or digit printed on it where the keyboard makes another sign of it
 */
function typed(event, asSign) {
  if (/^[a-z0-9]$/i.test(event.key)) return event.key.toLowerCase();
  const printed = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
  const changed = event.altKey || event.shiftKey;
  if (printed && changed && !asSign) return (printed[1] ?? printed[2]).toLowerCase();
  return event.key;
}
