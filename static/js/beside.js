/** What pages beside the writing room have in common: the look, and the way back. */

import { byId } from "./dom.js";
import { Appearance } from "./views/appearance.js";

/** The window that the room opens such pages in: asked for again, the page that is there is shown as it stands. */
const nameOf = (/** @type {string} */ path) => `storygen${path.replaceAll("/", "-")}`;

/**
 * Opens a page beside the room, in a tab of its own: leaving the room would pause what it writes and forget what can
 * be undone.
 *
 * @param {string} path
 */
export function openBeside(path) {
  const opened = window.open("", nameOf(path));
  if (!opened) location.assign(path);
  else if (!isAt(opened, path)) opened.location.assign(path);
  opened?.focus();
}

/** @param {Window} opened @param {string} path @returns {boolean} whether it shows that page of ours */
function isAt(opened, path) {
  try {
    return opened.location.pathname === path;
  } catch {
    return false; // it has gone to another site
  }
}

export function startBeside() {
  const appearance = new Appearance();
  appearance.start();
  const theme = /** @type {HTMLSelectElement} */ (byId("theme"));
  const show = () => (theme.value = appearance.theme);
  show();
  appearance.onTheme = show;
  theme.addEventListener("change", () =>
    appearance.setTheme(/** @type {import("./views/appearance.js").Theme} */ (theme.value)),
  );
  document.addEventListener("click", (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event;
    const toRoom = target instanceof Element && target.closest('a[href="/"]');
    if (!toRoom || !roomIsOpen() || ctrlKey || metaKey || shiftKey) return;
    event.preventDefault();
    window.close(); // which shows the room that opened this page
  });
}

/** @returns {boolean} whether the room that opened this page is still there */
function roomIsOpen() {
  return window.opener?.closed === false && isAt(window.opener, "/");
}
