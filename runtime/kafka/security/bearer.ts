/** OAUTHBEARER (RFC 7628): one message with the token; what the broker answers to a good one is empty. */
import { LoginFailed, type SaslExchange } from "./exchange.ts";

const SEPARATOR = "\u0001";

/** `token` is asked at each login: a connection that lives longer than its token logs in again. */
export function bearerExchange(
  token: () => string | Promise<string>,
  extensions: Readonly<Record<string, string>> = {},
  /** What is to be looked at when the brokers refuse it. */
  suspects = "its issuer, audience and scope against the brokers' settings",
): SaslExchange {
  return async (send) => {
    const parts = [
      `auth=Bearer ${await token()}`,
      ...Object.entries(extensions).map(([name, value]) => `${name}=${value}`),
    ];
    const message = `n,,${SEPARATOR}${parts.join(SEPARATOR)}${SEPARATOR}${SEPARATOR}`;
    const answer = await send(new TextEncoder().encode(message));
    if (answer.length === 0) return;
    throw new LoginFailed(
      `the brokers refuse the token (${status(answer)}): check ${suspects}`,
      false,
    );
  };
}

/** The reason in the broker's JSON, when it looks like one. */
function status(answer: Uint8Array): string {
  try {
    const told: unknown = JSON.parse(new TextDecoder().decode(answer));
    if (typeof told === "object" && told !== null && "status" in told && /^[\w-]{1,40}$/.test(String(told.status))) {
      return String(told.status);
    }
  } catch {
    // no JSON: said below
  }
  return "no reason given";
}
