/** Failures of commands, in words for the writer. */

/** @param {unknown} error @returns {string} what is said of it */
export const wordsOfError = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @template T
 * @param {{say: (text: string, kind?: "error") => void}} toasts
 * @param {() => Promise<T>} command
 * @returns {Promise<T | null>} what came of it; null where it failed, which is said
 */
export async function doneOrSaid(toasts, command) {
  try {
    return await command();
  } catch (error) {
    toasts.say(wordsOfError(error), "error");
    return null;
  }
}
