import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mskToken } from "./msk_iam.ts";
import { presign, signingKey } from "./sigv4.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

Deno.test("the signing key that AWS's documentation derives", () => {
  assert.equal(
    Buffer.from(signingKey(SECRET, "20150830", "us-east-1", "iam")).toString("hex"),
    "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9",
  );
});

Deno.test("the presigned request that AWS's documentation signs", () => {
  const url = presign({
    host: "examplebucket.s3.amazonaws.com",
    path: "/test.txt",
    query: {},
    service: "s3",
    region: "us-east-1",
    keys: {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: SECRET.replace("K7MDENG+", "K7MDENG/"),
      sessionToken: "",
    },
    expiresSeconds: 86_400,
    at: new Date("2013-05-24T00:00:00Z"),
    payloadHash: "UNSIGNED-PAYLOAD",
  });
  assert.equal(
    new URL(url).searchParams.get("X-Amz-Signature"),
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

Deno.test("a token for MSK is signed as AWS's own signer 1.0.3 signs it, for lasting and for temporary keys", () => {
  const at = new Date("2026-01-15T12:30:45.123Z");
  const account = { region: "eu-west-1", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: SECRET };
  for (
    const [sessionToken, signature] of [
      ["", "fd876dc7ed4df20d3ee04ec8ad67fc9bb8d9cdc0ba057707c8d2fe3d7dfa7cad"],
      ["IQoJb3/Jp+Z2luX2VjEJ==", "80eea2fb643a63c9106103103e36e8e23f06128fb3c5f1fee1a8a4916199de0d"],
    ]
  ) {
    const token = mskToken({ ...account, sessionToken }, at);
    assert.match(token, /^[\w-]+$/);
    const url = new URL(Buffer.from(token, "base64url").toString());
    assert.equal(url.origin, "https://kafka.eu-west-1.amazonaws.com");
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      Action: "kafka-cluster:Connect",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20260115/eu-west-1/kafka-cluster/aws4_request",
      "X-Amz-Date": "20260115T123045Z",
      "X-Amz-Expires": "900",
      ...(sessionToken && { "X-Amz-Security-Token": sessionToken }),
      "X-Amz-SignedHeaders": "host",
      "X-Amz-Signature": signature,
      "User-Agent": "glassflow",
    });
  }
});
