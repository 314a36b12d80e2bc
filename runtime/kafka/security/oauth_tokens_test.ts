import assert from "node:assert/strict";
import { LoginFailed } from "./exchange.ts";
import { OAuthTokens } from "./oauth_tokens.ts";

const SECRET = "s/e+c r:et";

/** A token endpoint on the loopback address. */
async function withEndpoint(
  answer: (request: Request, asked: number) => Response | Promise<Response>,
  use: (tokenEndpoint: string, asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(request, ++asked),
  );
  try {
    await use(`http://127.0.0.1:${server.addr.port}/token`, () => asked);
  } finally {
    await server.shutdown();
  }
}

const client = (tokenEndpoint: string) => ({
  tokenEndpoint,
  clientId: "client:1",
  clientSecret: SECRET,
  scope: "read write",
  audience: "kafka",
  extensions: {},
});

Deno.test("a token is asked for once, by client credentials, and again when half of its life is over", () =>
  withEndpoint(async (request, asked) => {
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
    assert.equal(atob(request.headers.get("authorization")!.slice("Basic ".length)), "client%3A1:s%2Fe%2Bc+r%3Aet");
    assert.deepEqual(Object.fromEntries(new URLSearchParams(await request.text())), {
      grant_type: "client_credentials",
      scope: "read write",
      audience: "kafka",
    });
    return Response.json({ access_token: `token-${asked}`, token_type: "Bearer", expires_in: 100 });
  }, async (endpoint, asked) => {
    let now = 1_000_000;
    const tokens = new OAuthTokens(client(endpoint), "", () => now);
    assert.deepEqual(await Promise.all([tokens.token(), tokens.token()]), ["token-1", "token-1"]);
    now += 49_999;
    assert.equal(await tokens.token(), "token-1");
    now += 1;
    assert.equal(await tokens.token(), "token-2");
    assert.equal(asked(), 2);
  }));

for (
  const [title, answer, expected, retryable] of [
    [
      "a client that is refused",
      () => Response.json({ error: "invalid_client", error_description: SECRET }, { status: 401 }),
      /refuses client client:1 \(401, invalid_client\): check oauth_client_id/,
      false,
    ],
    ["an endpoint in trouble", () => new Response(SECRET, { status: 503 }), /\(503\)$/, true],
    ["a redirect", () => Response.redirect("http://127.0.0.1:1/elsewhere", 302), /\(302\)/, false],
    ["no token", () => Response.json({ hello: SECRET }), /without an access_token/, false],
    [
      "a token that would break the message",
      () => Response.json({ access_token: "a\u0001auth=b" }),
      /without an access_token/,
      false,
    ],
    ["too long an answer", () => new Response("x".repeat(300_000)), /cannot be reached: its answer is too long/, true],
  ] as const
) {
  Deno.test(`${title} is said without the secret, and asked again the next time`, () =>
    withEndpoint(answer, async (endpoint, asked) => {
      const tokens = new OAuthTokens(client(endpoint), "");
      for (const times of [1, 2]) {
        await assert.rejects(tokens.token(), (error) => {
          assert.ok(error instanceof LoginFailed);
          assert.match(error.message, expected);
          assert.equal(error.retryable, retryable);
          assert.equal(error.message.includes(SECRET), false);
          return true;
        });
        assert.equal(asked(), times);
      }
    }));
}

Deno.test("an endpoint that is away is tried again", async () => {
  const tokens = new OAuthTokens(client("http://127.0.0.1:1/token"), "");
  await assert.rejects(tokens.token(), (error) => {
    assert.ok(error instanceof LoginFailed);
    assert.match(error.message, /^the token endpoint http:\/\/127\.0\.0\.1:1\/token cannot be reached: /);
    assert.equal(error.retryable, true);
    return true;
  });
});
