/** How long each model that is being loaded has been loading, once a second, while any is. */

const TICK_MS = 1000;

export class LoadingClock {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<string, number>} */
    this.since = new Map();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.ticking = undefined;
  }

  start() {
    this.store.subscribe(["models"], ({ models }) => {
      const loading = models.filter(({ state }) => state === "starting" || state === "loading");
      const keys = loading.map((model) => model.key);
      for (const key of this.since.keys()) if (!keys.includes(key)) this.since.delete(key);
      for (const key of keys) if (!this.since.has(key)) this.since.set(key, performance.now());
      this.#tick();
      clearInterval(this.ticking);
      if (keys.length) this.ticking = setInterval(() => this.#tick(), TICK_MS);
    });
  }

  #tick() {
    const now = performance.now();
    const waited = [...this.since].map(([key, since]) => [key, Math.floor((now - since) / 1000)]);
    this.store.set({ waited: Object.fromEntries(waited) });
  }
}
