import assert from "node:assert/strict";
import { bearerExchange } from "./bearer.ts";
import { LoginFailed } from "./exchange.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("the message of RFC 7628 with Kafka's extensions; each login asks for a token", async () => {
  const sent: string[] = [];
  let count = 0;
  const exchange = bearerExchange(() => `t${++count}`, { logicalCluster: "lkc-1", identityPoolId: "pool-2" });
  const send = (message: Uint8Array) => {
    sent.push(new TextDecoder().decode(message));
    return Promise.resolve(new Uint8Array(0));
  };
  await exchange(send, "broker");
  await exchange(send, "broker");
  assert.deepEqual(
    sent,
    ["t1", "t2"].map((token) =>
      `n,,\u0001auth=Bearer ${token}\u0001logicalCluster=lkc-1\u0001identityPoolId=pool-2\u0001\u0001`
    ),
  );
});

Deno.test("a refusal's reason is said when it looks like one, and never the token", async () => {
  for (
    const [answer, reason] of [
      ['{"status":"invalid_token"}', "(invalid_token)"],
      ['{"status":"t0ken is bad"}', "(no reason given)"],
      ["nonsense", "(no reason given)"],
    ]
  ) {
    await assert.rejects(bearerExchange(() => "t0ken")(() => Promise.resolve(bytes(answer)), "broker"), (error) => {
      assert.ok(error instanceof LoginFailed);
      assert.ok(error.message.includes(reason), error.message);
      assert.equal(error.message.includes("t0ken"), false);
      return true;
    });
  }
});
