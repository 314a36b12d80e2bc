/** An address's security in the form that both clients take: TLS options of node, and SASL. */
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { SASLOptions } from "@platformatic/kafka";
import { KafkaUnusable } from "./errors.ts";
import type { SaslLogin } from "./security/exchange.ts";
import { loginOf } from "./security/logins.ts";
import { platformaticSasl } from "./security/platformatic_sasl.ts";
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

/** A name and a password by a mechanism of the client, or a login of our own. Undefined: no SASL. */
export function saslOf(address: KafkaAddress): PasswordLogin | SaslLogin | undefined {
  const { mechanism, username, password } = address;
  switch (mechanism) {
    case "NO_AUTH":
      return undefined;
    case "PLAIN":
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-512":
      return { mechanism, username, password };
    default:
      return loginOf(address, mechanism, address.rootCa ? pem(address.rootCa, "root_ca") : "");
  }
}

interface PasswordLogin {
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly username: string;
  readonly password: string;
}

/** SASL of the client `platformatic`. */
export function saslOptions(address: KafkaAddress): SASLOptions | undefined {
  const sasl = saslOf(address);
  return sasl && "exchange" in sasl ? platformaticSasl(sasl) : sasl;
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
