/** What a client's error means for the person who runs the pipeline. Never shows a secret. */
import { messageOf } from "../errors.ts";
import { LoginFailed } from "./security/exchange.ts";
import type { KafkaAddress } from "./source.ts";

/** Errors that wrap errors, flat: outermost first. */
function chain(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 6) return [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error, ...[...inner, error.cause].flatMap((each) => chain(each, depth + 1))];
}

const apiId = (error: Error): string =>
  "apiId" in error ? String(error.apiId) : "type" in error ? String(error.type) : "";

/** The account or its rights are refused: a person must act. */
export function isRefusal(error: unknown): boolean {
  const login = loginFailure(error);
  if (login) return !login.retryable;
  return chain(error).some((each) =>
    /SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM|AUTHORIZATION_FAILED/.test(apiId(each)) ||
    /authentication failed/i.test(each.message)
  );
}

const loginFailure = (error: unknown) => chain(error).find((each) => each instanceof LoginFailed);

/** A broker gave out an address that this worker may not connect to: one that is started again is given it, too. */
export function isUnknownAddress(error: unknown): boolean {
  return chain(error).some(({ name, message }) => name === "NotCapable" || message.includes("Requires net access"));
}

export function explain(error: unknown, address: KafkaAddress): string {
  const login = loginFailure(error);
  if (login) return login.message;
  const errors = chain(error);
  const text = errors.map((each) => `${apiId(each)} ${each.message}`).join(" ");
  const brokers = address.brokers.join(", ");
  if (/UNSUPPORTED_SASL_MECHANISM/.test(text)) {
    return `the brokers do not offer ${address.mechanism}: choose another mechanism`;
  }
  if (/SASL_AUTHENTICATION_FAILED|authentication failed/i.test(text)) {
    return `the brokers refuse user ${
      address.username || "(none)"
    } with ${address.mechanism}: check username and password`;
  }
  if (/GROUP_AUTHORIZATION_FAILED/.test(text)) {
    return `user ${address.username} may not use the consumer group: grant READ on it`;
  }
  if (/TOPIC_AUTHORIZATION_FAILED/.test(text)) {
    return `user ${address.username} may not read the topic: grant READ on it`;
  }
  const unknown = /Unknown topic ([^ ]+)\./.exec(text) ?? /UNKNOWN_TOPIC_OR_PARTITION()/.exec(text);
  if (unknown) return `topic ${unknown[1] || "of the source"} does not exist on the brokers: create it`;
  if (/certificate|self.signed|UnknownIssuer|NotValidForName|CERT_/i.test(text)) {
    return `the certificate of a broker at ${brokers} is not accepted (${last(errors)}): give its authority as root_ca`;
  }
  if (/Broker requires TLS/i.test(text)) {
    return `the brokers at ${brokers} ask for TLS: choose protocol SSL or SASL_SSL`;
  }
  if (/ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|Connection to|connect|timed out/i.test(text)) {
    return `no broker answers at ${brokers}: ${last(errors)}`;
  }
  return messageOf(error) + (errors.length > 1 ? `: ${last(errors)}` : "");
}

/** The innermost message says the most. */
function last(errors: readonly Error[]): string {
  const told = errors.filter(({ message }) => message !== "");
  return told.at(-1)?.message ?? "no reason given";
}
