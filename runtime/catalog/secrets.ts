/**
 * Encryption of secret fields inside a stored configuration.
 *
 * AES-256-GCM, a fresh 12-byte nonce per value, bound to the pipeline and the field's path, stored as
 * `enc:1:` + base64(nonce ‖ ciphertext ‖ tag). A value without that prefix is clear text, so encryption can be turned
 * on later; a value with it and no key (or another key) is an error, never a silently wrong password.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { JsonObject } from "./catalog.ts";
import { EncryptionError } from "./errors.ts";

/** What stands before a sealed value. */
export const ENCRYPTED = "enc:1:";
const CLEAR = "clear:";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;
export const DEFAULT_KEY_PATH = "/etc/glassflow/secrets/encryption-key";

/** Names of the fields that are secrets, wherever they stand inside `sources` or `sink`. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "password",
  "client_key",
  "kerberos_keytab",
  "oauth_client_secret",
  "aws_secret_access_key",
  "aws_session_token",
  "api_key",
  "api_secret",
]);

/**
 * The encryption key, or null when encryption is off.
 * `GLASSFLOW_ENCRYPTION_KEY` (32 raw bytes) wins over the file at `GLASSFLOW_ENCRYPTION_KEY_PATH`; a missing or empty
 * file means off; any other length is an error.
 */
export async function loadEncryptionKey(
  env: (name: string) => string | undefined,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<Uint8Array | null> {
  const inline = env("GLASSFLOW_ENCRYPTION_KEY");
  if (inline) return checkKey(new TextEncoder().encode(inline), "GLASSFLOW_ENCRYPTION_KEY");
  const path = env("GLASSFLOW_ENCRYPTION_KEY_PATH") || DEFAULT_KEY_PATH;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    throw new EncryptionError(`the encryption key file ${path} cannot be read; check its permissions`, { cause });
  }
  return bytes.length === 0 ? null : checkKey(bytes, path);
}

function checkKey(bytes: Uint8Array, from: string): Uint8Array {
  if (bytes.length === KEY_BYTES) return bytes;
  throw new EncryptionError(
    `the encryption key in ${from} has ${bytes.length} bytes; it must be exactly ${KEY_BYTES} (mind a trailing newline)`,
  );
}

export class SecretBox {
  constructor(private readonly key: Uint8Array | null) {
    if (key) checkKey(key, "the configuration");
  }

  /** A copy of the configuration with its secrets sealed for storage. */
  seal(pipelineId: string, config: JsonObject): JsonObject {
    return mapSecrets(config, (value, path) => this.encrypt(value, `${pipelineId}/${path}`));
  }

  /** The inverse of `seal`. */
  open(pipelineId: string, stored: JsonObject): JsonObject {
    return mapSecrets(stored, (value, path) => this.decrypt(value, `${pipelineId}/${path}`));
  }

  encrypt(clear: string, context: string): string {
    if (clear === "") return clear;
    if (!this.key) return clear.startsWith(ENCRYPTED) || clear.startsWith(CLEAR) ? CLEAR + clear : clear;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    cipher.setAAD(new TextEncoder().encode(context));
    const body = cipher.update(clear, "utf8");
    const last = cipher.final();
    return ENCRYPTED + Buffer.concat([nonce, body, last, cipher.getAuthTag()]).toString("base64");
  }

  decrypt(stored: string, context: string): string {
    if (stored.startsWith(CLEAR)) return stored.slice(CLEAR.length);
    if (!stored.startsWith(ENCRYPTED)) return stored;
    if (!this.key) {
      throw new EncryptionError(
        `the secret at ${context} is encrypted and no key is configured; set GLASSFLOW_ENCRYPTION_KEY to the key it was stored with`,
      );
    }
    const bytes = Buffer.from(stored.slice(ENCRYPTED.length), "base64");
    try {
      if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error("too short");
      const decipher = createDecipheriv("aes-256-gcm", this.key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAAD(new TextEncoder().encode(context));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const body = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
      return Buffer.concat([body, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new EncryptionError(
        `the secret at ${context} cannot be decrypted: it was stored with another key, or is damaged`,
        { cause },
      );
    }
  }
}

function mapSecrets(config: JsonObject, change: (value: string, path: string) => string): JsonObject {
  const walk = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item, i) => walk(item, `${path}[${i}]`));
    if (value === null || typeof value !== "object") return value;
    const out: JsonObject = {};
    for (const [key, child] of Object.entries(value)) {
      const at = `${path}.${key}`;
      out[key] = SECRET_FIELDS.has(key) && typeof child === "string" ? change(child, at) : walk(child, at);
    }
    return out;
  };
  const out: JsonObject = { ...config };
  for (const part of ["sources", "sink"]) {
    if (part in out) out[part] = walk(out[part], part);
  }
  return out;
}
