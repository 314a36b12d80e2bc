/**
 * Tokens by OAuth 2.0 client credentials (RFC 6749 §4.4): one is kept for half of its life, and asked for once
 * however many connections need it. Redirects are not followed: the client's secret is for the named endpoint alone.
 */
import { messageOf } from "../../errors.ts";
import { LoginFailed } from "./exchange.ts";

export interface OAuthClient {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Empty = none. */
  readonly scope: string;
  /** Empty = none; not of the standard, but asked for by some providers. */
  readonly audience: string;
  /** SASL extensions, such as Confluent Cloud's `logicalCluster`. */
  readonly extensions: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 256 << 10;
/** Of an answer that does not say how long its token is good. */
const DEFAULT_LIFE_S = 60;
/** Connections log in again at 80 % of their token's life, and then need another one. */
const USED_SHARE = 0.5;

export class OAuthTokens {
  #token = "";
  #until = 0;
  #pending: Promise<string> | null = null;

  /** `authority`: PEM of the endpoint's certificate authority besides the known ones; empty = none. */
  constructor(readonly client: OAuthClient, readonly authority: string, readonly now: () => number = Date.now) {}

  token(): Promise<string> {
    if (this.now() < this.#until) return Promise.resolve(this.#token);
    this.#pending ??= this.#fetch().finally(() => this.#pending = null);
    return this.#pending;
  }

  async #fetch(): Promise<string> {
    const asked = this.now();
    const { status, text } = await this.#post();
    const answer = parsed(text);
    if (status !== 200) {
      const { error } = answer;
      const reason = typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? `${status}, ${error}` : String(status);
      const final = status >= 300 && status < 500 && status !== 408 && status !== 429;
      throw new LoginFailed(
        `the token endpoint ${this.client.tokenEndpoint} refuses client ${this.client.clientId} (${reason})` +
          (final ? ": check oauth_client_id, oauth_client_secret and oauth_scope" : ""),
        !final,
      );
    }
    const { access_token, expires_in } = answer;
    if (typeof access_token !== "string" || !/^[\x21-\x7e]+$/.test(access_token)) {
      throw new LoginFailed(
        `the token endpoint ${this.client.tokenEndpoint} answers without an access_token: check its address`,
        false,
      );
    }
    const life = Number(expires_in) > 0 ? Number(expires_in) : DEFAULT_LIFE_S;
    this.#token = access_token;
    this.#until = asked + life * 1_000 * USED_SHARE;
    return access_token;
  }

  async #post(): Promise<{ status: number; text: string }> {
    const { tokenEndpoint, clientId, clientSecret, scope, audience } = this.client;
    const body = new URLSearchParams({ grant_type: "client_credentials" });
    if (scope) body.set("scope", scope);
    if (audience) body.set("audience", audience);
    const client = this.authority ? Deno.createHttpClient({ caCerts: [this.authority] }) : undefined;
    try {
      const response = await fetch(tokenEndpoint, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}` },
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(client ? { client } : {}),
      });
      return { status: response.status, text: await atMostText(response) };
    } catch (cause) {
      throw new LoginFailed(`the token endpoint ${tokenEndpoint} cannot be reached: ${messageOf(cause)}`, true, {
        cause,
      });
    } finally {
      client?.close();
    }
  }
}

/** As RFC 6749 §2.3.1 asks for in front of Basic authentication. */
const formEncoded = (text: string) => new URLSearchParams([["", text]]).toString().slice(1);

async function atMostText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw new Error("its answer is too long");
  }
  return text;
}

function parsed(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
