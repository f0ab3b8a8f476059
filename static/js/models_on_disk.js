/**
 * Asks the server which models there are now: a folder may have been dropped in or taken away, or `config.js`
 * changed, while the page was open; the server looks when it is asked.
 *
 * Knows no clock of its own and no element. At most one question a second; what is asked for within that second is
 * asked at its end, so that the last look is never an old one.
 */

const AT_MOST_EVERY_MS = 1000;

export class ModelsOnDisk {
  /**
   * @param {{here: boolean, call: (event: string) => Promise<any>}} connection
   * @param {{state: import("./store.js").State, set: (patch: Partial<import("./store.js").State>) => void}} store
   * @param {{now: () => number, later: (then: () => void, ms: number) => unknown}} [clock]
   */
  constructor(connection, store, clock = CLOCK) {
    this.connection = connection;
    this.store = store;
    this.clock = clock;
    this.asked = -Infinity;
    this.waiting = false;
  }

  look() {
    if (this.waiting) return;
    const rest = this.asked + AT_MOST_EVERY_MS - this.clock.now();
    if (rest <= 0) {
      void this.#ask();
      return;
    }
    this.waiting = true;
    this.clock.later(() => {
      this.waiting = false;
      void this.#ask();
    }, rest);
  }

  async #ask() {
    if (!this.connection.here) return; // on its return it is told everything
    this.asked = this.clock.now();
    // Not `models`: which model is the default, and what is wrong in `config.js`, may have changed as well.
    const hello = await this.connection.call("hello").catch(() => null);
    if (!hello) return;
    const told = {
      models: hello.models,
      defaultModel: hello.default_model,
      notes: hello.notes ?? [],
    };
    const { models, defaultModel, notes } = this.store.state;
    if (JSON.stringify({ models, defaultModel, notes }) !== JSON.stringify(told))
      this.store.set(told);
  }
}

const CLOCK = {
  now: () => performance.now(),
  /** @param {() => void} then @param {number} ms */
  later: (then, ms) => setTimeout(then, ms),
};
