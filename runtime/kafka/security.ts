/** An address's security in the form that both clients take: TLS options of node, and SASL. */
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { KafkaUnusable } from "./errors.ts";
import type { KafkaAddress } from "./source.ts";

/** Undefined: no TLS. */
export function tlsOptions(address: KafkaAddress): ConnectionOptions | undefined {
  if (!address.protocol.endsWith("SSL")) return undefined;
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: !address.skipVerification,
    ...(address.rootCa ? { ca: pem(address.rootCa, "root_ca") } : {}),
    ...(address.clientCertificate ? { cert: pem(address.clientCertificate, "client_cert") } : {}),
    ...(address.clientKey ? { key: pem(address.clientKey, "client_key") } : {}),
  };
}

/** TLS of the client `platformatic`, which names the server (SNI) only when told to; an address is no name. */
export function tlsWithName(address: KafkaAddress): { tls?: ConnectionOptions; tlsServerName?: boolean } {
  const tls = tlsOptions(address);
  if (!tls) return {};
  const named = address.brokers.map(hostAndPort).every(({ host }) => isIP(host) === 0);
  return { tls, ...(named ? { tlsServerName: true } : {}) };
}

/** PEM as it is, or in base64, as the original takes it. */
function pem(text: string, name: string): string {
  if (text.includes("-----BEGIN")) return text;
  try {
    const decoded = atob(text.trim());
    if (decoded.includes("-----BEGIN")) return decoded;
  } catch {
    // not base64 either; said below
  }
  throw new KafkaUnusable(`${name} is neither PEM nor PEM in base64`);
}

export type SaslOptions =
  | {
    readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
    readonly username: string;
    readonly password: string;
  }
  | { readonly mechanism: "OAUTHBEARER"; readonly token: string };

/** Undefined: no SASL. The mechanism alone decides where the protocol does not speak against it. */
export function saslOptions(address: KafkaAddress): SaslOptions | undefined {
  const { mechanism, username, password } = address;
  if (mechanism === "NO_AUTH") return undefined;
  if (mechanism === "OAUTHBEARER") return { mechanism, token: address.token ?? password };
  return { mechanism, username, password };
}

/** Host and port of `host:port`, also of `[::1]:9092`. */
export function hostAndPort(broker: string): { host: string; port: number } {
  const at = broker.lastIndexOf(":");
  const port = Number(broker.slice(at + 1));
  const host = broker.slice(0, at).replaceAll(/[[\]]/g, "");
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return { host: broker.replaceAll(/[[\]]/g, ""), port: 9092 };
  }
  return { host, port };
}
