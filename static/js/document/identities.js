/**
 * Who wrote which character: tokens of runs by identity, and aliases for text that came back.
 *
 * Knows no editor and no document: identities in, authors out. An identity is (client, clock), clocks
 * are UTF-16 units. Text under a server's client id is a run's token or was put back by the server;
 * everything else was written by a person, unless an alias says that it came back.
 */

/** @typedef {import("../protocol.js").TokenRange} TokenRange */
/** @typedef {import("../protocol.js").Alias} Alias */
/** @typedef {{units: number, run: string | null, index: number}} Written */

const MAX_ALIAS_DEPTH = 64;

/**
 * @template {{clock: number, units: number}} T
 * @param {T[]} sorted by clock, not overlapping
 * @param {number} clock
 * @returns {number} position of the last entry that starts at or before `clock`, or -1
 */
function lastAtOrBefore(sorted, clock) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle].clock <= clock) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * @template {{clock: number, units: number}} T
 * @param {Map<number, T[]>} byClient
 * @param {number} client
 * @param {T} entry the first word on an identity stands
 */
function add(byClient, client, entry) {
  let sorted = byClient.get(client);
  if (!sorted) byClient.set(client, (sorted = []));
  const at = lastAtOrBefore(sorted, entry.clock);
  if (at >= 0 && sorted[at].clock + sorted[at].units > entry.clock) return;
  if (at === sorted.length - 1) sorted.push(entry);
  else sorted.splice(at + 1, 0, entry);
}

export class Identities {
  constructor() {
    /** @type {Map<number, {clock: number, units: number, run: string, index: number, id: number}[]>} */
    this.tokens = new Map();
    /** @type {Map<number, {clock: number, units: number, client: number | null, original: number}[]>} */
    this.aliases = new Map();
  }

  /** @param {TokenRange[]} ranges tokens without text have no place and are left out */
  addTokens(ranges) {
    for (const [run, index, id, client, clock, units] of ranges) {
      if (units > 0) add(this.tokens, client, { clock, units, run, index, id });
    }
  }

  /** @param {Alias[]} aliases */
  addAliases(aliases) {
    for (const [client, clock, units, from, original] of aliases) {
      add(this.aliases, client, { clock, units, client: from, original });
    }
  }

  /**
   * @param {number} client
   * @param {number} clock
   * @param {number} units
   * @returns {{client: number, clock: number, units: number}[]} what the units were first, aliases followed
   */
  originals(client, clock, units, depth = 0) {
    const known = this.aliases.get(client);
    if (!known || depth > MAX_ALIAS_DEPTH) return [{ client, clock, units }];
    const found = [];
    while (units > 0) {
      const at = lastAtOrBefore(known, clock);
      const alias = known[at];
      if (alias && clock < alias.clock + alias.units) {
        const size = Math.min(units, alias.clock + alias.units - clock);
        if (alias.client === null) found.push({ client, clock, units: size });
        else {
          const original = alias.original + clock - alias.clock;
          found.push(...this.originals(alias.client, original, size, depth + 1));
        }
        clock += size;
        units -= size;
        continue;
      }
      const next = known[at + 1];
      const size = next ? Math.min(units, next.clock - clock) : units;
      found.push({ client, clock, units: size });
      clock += size;
      units -= size;
    }
    return found;
  }

  /**
   * @param {number} client
   * @param {number} clock
   * @param {number} units
   * @returns {Written[]} the units in order, token by token; a person's text has `run` null
   */
  written(client, clock, units) {
    /** @type {Written[]} */
    const found = [];
    for (const part of this.originals(client, clock, units)) this.#writtenOriginally(part, found);
    return found;
  }

  /**
   * @param {{client: number, clock: number, units: number}} part
   * @param {Written[]} found
   */
  #writtenOriginally({ client, clock, units }, found) {
    const tokens = this.tokens.get(client) ?? [];
    let at = lastAtOrBefore(tokens, clock);
    while (units > 0) {
      const token = tokens[at];
      if (token && clock < token.clock + token.units) {
        const size = Math.min(units, token.clock + token.units - clock);
        found.push({ units: size, run: token.run, index: token.index });
        clock += size;
        units -= size;
        continue;
      }
      const next = tokens[++at];
      if (next && next.clock <= clock) continue;
      const size = next ? Math.min(units, next.clock - clock) : units;
      found.push({ units: size, run: null, index: 0 });
      clock += size;
      units -= size;
      at -= 1;
    }
  }
}
