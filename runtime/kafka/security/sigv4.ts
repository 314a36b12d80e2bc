/** A request signed by AWS Signature Version 4 in its query, as AWS publishes the algorithm. Pure but for node's hashes. */
import { createHash, createHmac } from "node:crypto";

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys; empty = none. */
  readonly sessionToken: string;
}

export interface PresignedRequest {
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly service: string;
  readonly region: string;
  readonly keys: AwsKeys;
  readonly expiresSeconds: number;
  readonly at: Date;
  /** Hex of the body's SHA-256, or what a service takes for it. */
  readonly payloadHash?: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** The URL of a signed GET that only names its host. */
export function presign(request: PresignedRequest): string {
  const { host, path, service, region, keys, at } = request;
  const time = at.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const query = canonicalQuery({
    ...request.query,
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${keys.accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(request.expiresSeconds),
    "X-Amz-SignedHeaders": "host",
    ...(keys.sessionToken ? { "X-Amz-Security-Token": keys.sessionToken } : {}),
  });
  const canonical = ["GET", path, query, `host:${host}`, "", "host", request.payloadHash ?? sha256("")].join("\n");
  const toSign = [ALGORITHM, time, scope, sha256(canonical)].join("\n");
  const signature = hmac(signingKey(keys.secretAccessKey, time.slice(0, 8), region, service), toSign).toString("hex");
  return `https://${host}${path}?${query}&X-Amz-Signature=${signature}`;
}

/** The key of one day, region and service. */
export function signingKey(secret: string, day: string, region: string, service: string): Uint8Array {
  return [day, region, service, "aws4_request"].reduce<Uint8Array>(hmac, new TextEncoder().encode(`AWS4${secret}`));
}

/** Sorted by name; everything but RFC 3986's unreserved characters is escaped. */
function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [escaped(name), escaped(value)])
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

const escaped = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
