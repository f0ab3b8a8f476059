/*
 * Answers, in the page, the calls that look at tokens and score the text: `token_stub.py` puts it between the page
 * and its socket. What it says is in the test's hands: `stub.hold`, `stub.fail`, `stub.part`.
 *
 * A token here is a word with the space before it, or a sign. Its probability is made from its letters.
 */
const FIRST_CLIENT = 4_000_000;

globalThis.stub = {
  calls: [],
  hold: [],
  held: [],
  fail: {},
  part: 40,
  parts: Infinity,
  num: 0,
  score: null,
  stopped: [],

  /** @returns {Promise<object> | null} null: the server answers */
  answer(connection, event, fields) {
    this.connection = connection;
    // The server knows no look of ours, and would refuse text that is said to come from one.
    const ours = ([, , , client]) => client >= FIRST_CLIENT && client < FIRST_CLIENT + 1000;
    if (fields.aliases) fields.aliases = fields.aliases.filter((alias) => !ours(alias));
    const known = ["next_tokens", "token_taken", "score_start", "score_stop", "score_look"];
    if (!known.includes(event)) return null;
    this.calls.push({ event, fields });
    return this.answered(event, fields);
  },

  async answered(event, fields) {
    if (this.hold.includes(event)) await new Promise((then) => this.held.push(then));
    if (this.fail[event]) throw Object.assign(new Error(this.fail[event]), { code: "model" });
    return { ok: true, ...this[event](fields) };
  },

  release() {
    this.hold = [];
    for (const then of this.held.splice(0)) then();
  },

  look(fields, texts) {
    this.num += 1;
    const id = `look-${this.num}`;
    const client = FIRST_CLIENT + this.num;
    let clock = 0;
    const tokens = texts.map(([text, before, after, num, shown], index) => {
      const row = [100 + index, text, Math.log(before), after, clock, num ?? 0, shown ?? text];
      clock += (text ?? "").length;
      return row;
    });
    const { story, at, model } = fields;
    return {
      look: {
        ...{ id, story, at, model, client, tokens, entropy: Math.log(14), entropy_after: Math.log(5) },
        ...{ ms: 31, used: 812, heals: 0 },
      },
    };
  },

  rows: [
    [" the", 0.31, 0.47, 47],
    [" a", 0.12, 0.2, 21],
    ["\n", 0.08, 0.11, 12],
    [null, 0.05, 0, 0, "<|endoftext|>"],
    [" she", 0.04, 0.09, 9],
    [" nothing", 0.03, 0.05, 6],
    [null, 0.02, 0, 0, "\ufffd"],
    [" 灯", 0.015, 0.02, 2],
    [" 👩‍👩‍👧", 0.012, 0.01, 1],
    ["\t", 0.01, 0.01, 1],
    [" there", 0.008, 0.008, 1],
    ...Array.from({ length: 95 }, (_, index) => [` word${index}`, 0.004 / (index + 1), 0, 0]),
  ],

  next_tokens(fields) {
    return this.look(fields, this.rows);
  },

  token_taken() {
    return { checkpoint: "c" };
  },

  score_start(fields) {
    this.num += 1;
    const score = `score-${this.num}`;
    this.score = score;
    const page = globalThis.room.session.page;
    const text = page.wholeText();
    const tokens = (text.match(/\s?[\p{L}\p{N}’]+|\s|[^\s\p{L}\p{N}]+/gu) ?? []).map(told);
    void this.tell(page, score, fields.story, tokens, text);
    return { score };
  },

  async tell(page, score, story, tokens, text) {
    let at = 0;
    // As the server read it: by identity, whatever is typed meanwhile.
    const all = page.finger.stretches(0, text.length);
    for (let first = 0; first < tokens.length || first === 0; first += this.part) {
      while (this.parts <= 0) await new Promise((then) => this.held.push(then));
      this.parts -= 1;
      await new Promise((then) => setTimeout(then));
      if (this.score !== score) return;
      const part = tokens.slice(first, first + this.part);
      const units = part.reduce((sum, [size]) => sum + size, 0);
      const done = Math.min(tokens.length, first + this.part);
      const event = { score, story, stretches: cut(all, at, units), tokens: part, done };
      at += units;
      const over = done === tokens.length;
      this.say({ ...event, total: tokens.length, over, error: "" });
    }
  },

  say(event) {
    for (const listener of this.connection.socket.listeners("scored")) listener(event);
  },

  score_stop({ score }) {
    this.stopped.push(score);
    this.score = null;
    return {};
  },

  score_look(fields) {
    return this.look({ ...fields, story: globalThis.room.store.state.story, at: null, model: "m" }, [
      [" lamp", 0.2, 0.3],
      [" window", 0.15, 0.22],
      [" 灯", 0.1, 0.12],
      [null, 0.05, 0, 0, "<|endoftext|>"],
      [" sea", 0.04, 0],
      ...Array.from({ length: 5 }, (_, index) => [` other${index}`, 0.02, 0.01]),
    ]);
  },
};

function told(token, index) {
  const letters = [...token].reduce((sum, letter) => sum + letter.codePointAt(0), 0);
  const bits = (letters % 97) / 7;
  if (index === 0) return [token.length, null, 1, 2, 1];
  return [token.length, -bits * Math.LN2, 1 + Math.floor(bits), 1 + (letters % 5), 2 ** -bits];
}

function cut(stretches, from, units) {
  const found = [];
  let start = 0;
  for (const { client, clock, units: size } of stretches) {
    const first = Math.max(from, start);
    const last = Math.min(from + units, start + size);
    if (last > first) found.push([client, clock + first - start, last - first]);
    start += size;
  }
  return found;
}
