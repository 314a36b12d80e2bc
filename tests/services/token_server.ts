/** An OAuth 2.0 token endpoint and its keys (JWKS) on the loopback address: signed tokens for one client's credentials. */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, sign } from "node:crypto";

export interface TokenServer {
  readonly tokenEndpoint: string;
  readonly jwks: string;
  readonly issuer: string;
  /** Tokens given so far. */
  readonly given: number;
  stop(): Promise<void>;
}

export interface TokenServerOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly lifeSeconds?: number;
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function startTokenServer(
  { clientId, clientSecret, audience, lifeSeconds = 600 }: TokenServerOptions,
): TokenServer {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const expected = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
  let given = 0;
  let issuer = "";
  const answer = async (request: Request): Promise<Response> => {
    if (new URL(request.url).pathname === "/jwks") {
      return Response.json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" }] });
    }
    const form = new URLSearchParams(await request.text());
    if (request.headers.get("authorization") !== expected) {
      return Response.json({ error: "invalid_client" }, { status: 401 });
    }
    if (form.get("grant_type") !== "client_credentials") {
      return Response.json({ error: "unsupported_grant_type" }, { status: 400 });
    }
    given++;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: issuer,
      sub: clientId,
      aud: form.get("audience") ?? audience,
      ...(form.has("scope") && { scope: form.get("scope") }),
    };
    const text = `${part({ alg: "RS256", kid: "k1", typ: "JWT" })}.${
      part({ ...claims, iat: now, exp: now + lifeSeconds })
    }`;
    const signature = sign("sha256", Buffer.from(text), privateKey).toString("base64url");
    return Response.json({ access_token: `${text}.${signature}`, token_type: "Bearer", expires_in: lifeSeconds });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  issuer = `http://127.0.0.1:${server.addr.port}`;
  return {
    tokenEndpoint: `${issuer}/token`,
    jwks: `${issuer}/jwks`,
    issuer,
    get given() {
      return given;
    },
    stop: () => server.shutdown(),
  };
}
