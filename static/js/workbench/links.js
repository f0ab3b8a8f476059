/** Which addresses a text may lead to. Pure. */

/**
 * @param {unknown} address
 * @returns {{href: string, outside: boolean} | null} of the web or of this server; null for anything else
 */
export function safeLink(address) {
  if (typeof address !== "string" || !address) return null;
  const here = globalThis.location?.href ?? "http://localhost/";
  if (!URL.canParse(address, here)) return null;
  const { href, protocol, origin } = new URL(address, here);
  if (protocol !== "http:" && protocol !== "https:") return null;
  return { href, outside: origin !== new URL(here).origin };
}
