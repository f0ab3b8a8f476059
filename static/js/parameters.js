/** What a run would be told: the story's own values, else the preset's, else the defaults. Pure. */

import { chosenModel } from "./faces.js";

/** @typedef {import("./protocol.js").Params} Params */

/**
 * @param {import("./store.js").State} state
 * @returns {string | null} the preset that the story, its model or the server chose
 */
export const presetName = (state) =>
  state.settings.preset ?? chosenModel(state)?.preset ?? state.defaultPreset;

/**
 * @param {import("./store.js").State} state
 * @returns {Params} a value for every parameter that the server named
 */
export function effectiveParams(state) {
  const { settings, presets, parameters } = state;
  const name = presetName(state);
  const preset = presets.find((one) => one.name === name)?.params ?? {};
  const own = settings.params ?? {};
  return Object.fromEntries(
    parameters.map((one) => [one.name, own[one.name] ?? preset[one.name] ?? one.default]),
  );
}
