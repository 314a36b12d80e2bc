/** Host names and ports of a target: what may become part of an address, and nothing that would change its meaning. */

/** A DNS name, an IPv4 address, or an IPv6 address with or without brackets. */
export function isHost(text: string): boolean {
  return /^[\p{L}\p{N}_](?:[\p{L}\p{N}._-]{0,252})$/u.test(text) ||
    /^\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*\]?$/.test(text);
}

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** As part of a URL: IPv6 addresses in brackets. */
export function urlHost(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** The address of a schema registry: its credentials stand elsewhere. */
export function isRegistryUrl(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}
