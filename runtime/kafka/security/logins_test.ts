import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { KafkaUnusable } from "../errors.ts";
import type { KafkaAddress } from "../source.ts";
import { loginOf } from "./logins.ts";

const address: KafkaAddress = {
  brokers: ["b-1.example:9098"],
  protocol: "SASL_SSL",
  mechanism: "AWS_MSK_IAM",
  username: "",
  password: "",
  rootCa: "",
  clientCertificate: "",
  clientKey: "",
  skipVerification: false,
};
const aws = { region: "eu-west-1", accessKeyId: "AKIA1", secretAccessKey: "aws-secret", sessionToken: "" };

Deno.test("AWS_MSK_IAM travels as OAUTHBEARER; a refusal names the AWS settings, not the keys", async () => {
  const { mechanism, exchange } = loginOf({ ...address, aws }, "AWS_MSK_IAM", "");
  assert.equal(mechanism, "OAUTHBEARER");
  let sent = "";
  const answered = (answer: string) => (bytes: Uint8Array) => {
    sent = new TextDecoder().decode(bytes);
    return Promise.resolve(new TextEncoder().encode(answer));
  };
  await exchange(answered(""), "b-1.example");
  const token = sent.split("\u0001")[1].slice("auth=Bearer ".length);
  assert.match(Buffer.from(token, "base64url").toString(), /^https:\/\/kafka\.eu-west-1\.amazonaws\.com\/\?Action=/);
  await assert.rejects(exchange(answered('{"status":"invalid_token"}'), "b-1.example"), (error: Error) => {
    assert.match(error.message, /\(invalid_token\): check aws_access_key_id/);
    assert.doesNotMatch(error.message, /AKIA1|aws-secret/);
    return true;
  });
});

Deno.test("a mechanism without its credentials is said to lack them", () => {
  for (const mechanism of ["AWS_MSK_IAM", "OAUTHBEARER", "GSSAPI"] as const) {
    assert.throws(() => loginOf({ ...address, mechanism }, mechanism, ""), KafkaUnusable);
  }
});
