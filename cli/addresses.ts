/** Addresses of servers as environment variables give them: looked at before anything starts, never shown when wrong. */
import type { NatsAddress } from "../runtime/nats/connect.ts";

/** ClickHouse's HTTP interface. The account has variables of its own. */
export function isClickHouseUrl(text: string): boolean {
  const url = parsed(text, ["http:", "https:"]);
  return url !== null && url.username + url.password === "" && url.pathname === "/" && url.search + url.hash === "";
}

/** The host may also be the parameter that names a socket's folder. */
export function isPostgresUrl(text: string): boolean {
  const url = parsed(text, ["postgres:", "postgresql:"], true);
  return url !== null && (url.hostname !== "" || url.searchParams.has("host"));
}

/** One or more servers, comma separated, each `nats://host:port`, `tls://host:port` or `host:port`. */
export function isNatsUrl(text: string): boolean {
  return text.split(",").every((server) => parsed(withScheme(server), ["nats:", "tls:"]) !== null);
}

/** Credentials stand before a host: `user:password@`, or `token@`. Those of the first server that has some count. */
export function natsAddress(text: string): NatsAddress {
  const urls = text.split(",").map((server) => new URL(withScheme(server)));
  const known = urls.find(({ username }) => username !== "");
  const servers = urls.map(({ protocol, host }) => `${protocol}//${host}`).join(",");
  if (!known) return { servers };
  const [user, password] = [known.username, known.password].map(decodeURIComponent);
  return password === "" ? { servers, token: user } : { servers, user, password };
}

const withScheme = (server: string) => server.includes("://") ? server.trim() : `nats://${server.trim()}`;

function parsed(text: string, schemes: readonly string[], hostOptional = false): URL | null {
  const url = URL.parse(text);
  if (!url || !schemes.includes(url.protocol) || url.port === "0") return null;
  if (url.hostname === "" && !hostOptional) return null;
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return null;
  }
  return url;
}
