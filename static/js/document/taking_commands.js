/** What all commands know that put text of the model's into the story, from a card or from a list. */

export class TakingCommands {
  /**
   * @param {import("../store.js").Store} store
   * @param {import("../connection.js").Connection} connection
   * @param {import("../session.js").Session} session
   * @param {import("../commands.js").Commands} commands
   * @param {import("./takings.js").Takings} takings
   * @param {import("../views/toasts.js").Toasts} toasts
   */
  constructor(store, connection, session, commands, takings, toasts) {
    this.store = store;
    this.connection = connection;
    this.session = session;
    this.commands = commands;
    this.takings = takings;
    this.toasts = toasts;
  }
}
