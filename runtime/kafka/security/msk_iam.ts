/**
 * Tokens for Amazon MSK's IAM access control: a signed request to connect, as AWS's own signers make it, sent by the
 * mechanism OAUTHBEARER. Made without asking anybody.
 */
import { Buffer } from "node:buffer";
import { type AwsKeys, presign } from "./sigv4.ts";

export interface MskAccount extends AwsKeys {
  readonly region: string;
}

const LIFE_S = 900;
const USER_AGENT = "glassflow";

export function mskToken({ region, ...keys }: MskAccount, at: Date): string {
  const url = presign({
    host: `kafka.${region}.amazonaws.com`,
    path: "/",
    query: { Action: "kafka-cluster:Connect" },
    service: "kafka-cluster",
    region,
    keys,
    expiresSeconds: LIFE_S,
    at,
  });
  // Not signed, as AWS's signers do: it only tells who connects.
  return Buffer.from(`${url}&User-Agent=${USER_AGENT}`).toString("base64url");
}
