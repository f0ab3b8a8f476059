/**
 * Aliases for text that an undo or a redo put back.
 *
 * Yjs re-inserts such text under the undoing browser's own id and links the old item to the new one
 * (`item.redone`). Only text that a run wrote needs an alias: a person's text stays a person's.
 */

import { Y } from "../../vendor/libs.js";

/** @typedef {import("../protocol.js").Alias} Alias */

/**
 * @param {Y.Doc} doc
 * @param {import("./identities.js").Identities} identities
 * @param {{deletions: Parameters<typeof Y.iterateDeletedStructs>[1]}} stackItem what was just undone or redone
 * @param {Map<number, number>} before the state vector before that
 * @returns {Alias[]} for the new identities, pointing to what the text was first
 */
export function aliasesOfUndone(doc, identities, stackItem, before) {
  /** @type {Alias[]} */
  const found = [];
  doc.transact((transaction) => {
    Y.iterateDeletedStructs(transaction, stackItem.deletions, (struct) => {
      if (!(struct instanceof Y.Item) || !struct.redone) return;
      const { client, clock } = struct.redone;
      if (clock < (before.get(client) ?? 0)) return;
      found.push(...aliasesFor(identities, { client, clock }, struct.id, struct.length));
    });
  });
  return found;
}

/**
 * @param {import("./identities.js").Identities} identities
 * @param {{client: number, clock: number}} fresh where the text stands now
 * @param {{client: number, clock: number}} old where it stood
 * @param {number} units
 * @returns {Alias[]} one for each unbroken stretch that a run wrote
 */
export function aliasesFor(identities, fresh, old, units) {
  /** @type {Alias[]} */
  const found = [];
  let at = fresh.clock;
  for (const part of identities.originals(old.client, old.clock, units)) {
    const written = identities.written(part.client, part.clock, part.units);
    if (written.some((piece) => piece.run !== null)) {
      found.push([fresh.client, at, part.units, part.client, part.clock]);
    }
    at += part.units;
  }
  return found;
}
