/** What a story is called. Pure. */

/** @typedef {import("./protocol.js").Story} Story */

/** The server's word for a story without a title. */
const NONE = "Untitled";

/** @param {Story | undefined} story @returns {string} its title, empty when it has none */
export const titleOf = (story) => (!story || story.title === NONE ? "" : story.title);

/** @param {Story} story @returns {string} its title, or how it begins */
export const nameOf = (story) => titleOf(story) || story.opening.trim() || "Empty story";
