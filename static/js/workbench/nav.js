/** The list of pages, under their workbenches where there are several. */

import { h, setAttributes } from "../dom.js";
import { keyText } from "../key_text.js";

/** @typedef {import("./page.js").PageInfo} PageInfo */
/** @typedef {{key: string, title: string, problem?: string, trace?: string, starting?: boolean, pages: PageInfo[]}} Bench */
/** @typedef {{bench: Bench, info: PageInfo | null}} Place `info` null: the workbench can't begin, and says why */

export class Nav {
  constructor() {
    this.element = h("nav", { class: "wb-nav", "aria-label": "Pages" });
    /** @type {Map<string, HTMLElement>} links by address */
    this.links = new Map();
  }

  /** @param {Bench[]} benches */
  show(benches) {
    this.links.clear();
    let number = 0;
    const parts = benches.flatMap((bench) => {
      const links = bench.pages.map((page) => {
        number += 1;
        return h("li", {}, this.#link(bench, page, number));
      });
      const head = benches.length > 1 ? [h("h2", {}, benchName(bench, benches))] : [];
      const problem = bench.problem ? [this.#problem(bench)] : [];
      return [...head, ...problem, h("ul", {}, ...links)];
    });
    this.element.replaceChildren(...parts);
    this.element.hidden = parts.length === 0;
  }

  /** @param {Bench} bench that can't begin */
  #problem(bench) {
    const address = addressOf(bench.key, "");
    const link = h(
      "a",
      { href: `#${encodeURI(address)}`, class: "is-troubled" },
      h("span", {}, bench.starting ? "It is starting…" : "It can’t begin"),
      h("i", { class: "wb-at-work", "aria-hidden": "true" }),
    );
    this.links.set(address, link);
    return link;
  }

  /** @param {Bench} bench @param {PageInfo} page @param {number} number */
  #link(bench, page, number) {
    const address = addressOf(bench.key, page.key);
    const key = number < 10 ? `Alt+${number}` : "";
    const link = h(
      "a",
      { href: `#${encodeURI(address)}`, "aria-keyshortcuts": key || null },
      h("span", {}, page.title),
      h("i", { class: "wb-at-work", "aria-hidden": "true" }),
      key && h("kbd", { "aria-hidden": "true" }, keyText(key)),
    );
    this.links.set(address, link);
    return link;
  }

  /** @param {string} address of the page in sight */
  mark(address) {
    for (const [name, link] of this.links)
      setAttributes(link, { "aria-current": name === address ? "page" : false });
    const link = this.links.get(address);
    const strip = this.element;
    if (link && strip.scrollWidth > strip.clientWidth)
      strip.scrollLeft = link.offsetLeft - (strip.clientWidth - link.offsetWidth) / 2;
  }

  /** @param {string} address @param {boolean} works something runs there */
  works(address, works) {
    this.links.get(address)?.classList.toggle("is-at-work", works);
  }

  /** @param {string} address @param {boolean} troubled something went wrong there, and was not seen yet */
  troubled(address, troubled) {
    this.links.get(address)?.classList.toggle("is-troubled", troubled);
  }
}

/** @param {string} bench @param {string} page */
export const addressOf = (bench, page) => (bench || !page ? `${bench}/${page}` : page);

/**
 * @param {Bench[]} benches
 * @param {string} hash of the address, as "#bench/page" or "#page"
 * @returns {Place | null} what is meant, or the first there is
 */
export function placeOf(benches, hash) {
  const asked = decoded(hash.replace(/^#/, ""));
  const all = benches.flatMap((bench) => bench.pages.map((info) => ({ bench, info })));
  const broken = benches
    .filter(({ problem }) => problem)
    .map((bench) => ({ bench, info: /** @type {PageInfo | null} */ (null) }));
  const places = [...all, ...broken];
  return (
    places.find(({ bench, info }) => addressOf(bench.key, info?.key ?? "") === asked) ??
    all.find(({ info }) => info.key === asked) ??
    places[0] ??
    null
  );
}

/** @param {string} text @returns {string} */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {Bench} bench @param {Bench[]} benches @returns {string} its title, or its module where others are called so, too */
export function benchName({ key, title }, benches) {
  const alike = benches.filter((one) => one.title === title).length > 1;
  return alike && key ? (key.split("/").at(-1) ?? key) : title || "The workbench";
}

/** @param {any} answer to "pages": of one workbench, or of several @returns {Bench[]} */
export function benchesOf(answer) {
  if (Array.isArray(answer.benches)) return answer.benches;
  return [{ key: "", title: answer.title ?? "", pages: answer.pages ?? [] }];
}
