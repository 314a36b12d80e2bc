/**
 * A client of Confluent's schema registry protocol: schemas by id with all they refer to, subjects and versions. Every request
 * has a deadline and a limit of bytes, follows no redirect, and is tried a few times. The account is sent only when both of its
 * halves are set, and stands in no message.
 */
import { z } from "zod";
import type { RegisteredSchema } from "../../pipeline/formats/records.ts";
import { messageOf } from "../errors.ts";
import { sleep } from "../nats/publish.ts";
import { RegistryRefused, RegistryUnavailable } from "./errors.ts";

export interface RegistryAddress {
  /** `http(s)://host[:port][/path]` */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

export interface RegistryOptions {
  readonly timeoutMs?: number;
  /** How often a request is sent at most. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

const MAX_BYTES = 4 << 20;
const MAX_REFERENCES = 100;
const FIRST_PAUSE_MS = 100;

const referenceSchema = z.object({ name: z.string(), subject: z.string(), version: z.number().int() });
const schemaAnswer = z.object({
  schema: z.string(),
  schemaType: z.string().nullish(),
  references: z.array(referenceSchema).nullish(),
});
const versionAnswer = schemaAnswer.extend({ id: z.number().int(), version: z.number().int(), subject: z.string() });

export type SchemaVersion = RegisteredSchema & { readonly id: number; readonly version: number };

export class SchemaRegistryClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(readonly address: RegistryAddress, readonly options: RegistryOptions = {}) {
    this.#base = address.url.trim().replace(/\/+$/, "");
    const { apiKey, apiSecret } = address;
    const account = new TextEncoder().encode(`${apiKey}:${apiSecret}`).toBase64();
    this.#headers = {
      accept: "application/vnd.schemaregistry.v1+json, application/json",
      ...(apiKey !== "" && apiSecret !== "" ? { authorization: `Basic ${account}` } : {}),
    };
  }

  /** Null: the registry does not have the id. */
  async schema(id: number): Promise<RegisteredSchema | null> {
    const found = await this.#get(`/schemas/ids/${id}`, schemaAnswer);
    return found && await this.#complete(found);
  }

  async subjects(): Promise<string[]> {
    return await this.#get("/subjects", z.array(z.string())) ?? [];
  }

  /** Null: the registry does not have the subject. */
  async versions(subject: string): Promise<number[] | null> {
    return await this.#get(`/subjects/${encodeURIComponent(subject)}/versions`, z.array(z.number().int()));
  }

  async version(subject: string, version: number | "latest"): Promise<SchemaVersion | null> {
    const found = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions/${version}`, versionAnswer);
    return found && { ...await this.#complete(found), id: found.id, version: found.version };
  }

  async #complete({ schema, schemaType, references }: z.infer<typeof schemaAnswer>): Promise<RegisteredSchema> {
    const found = new Map<string, string>();
    await this.#collect(references ?? [], found);
    return {
      type: schemaType ?? "AVRO",
      text: schema,
      references: [...found].map(([name, text]) => ({ name, text })),
    };
  }

  /** What is referred to stands before what refers to it. */
  async #collect(references: readonly z.infer<typeof referenceSchema>[], found: Map<string, string>, depth = 0) {
    for (const { name, subject, version } of references) {
      if (found.has(name)) continue;
      if (depth > MAX_REFERENCES || found.size >= MAX_REFERENCES) {
        throw new RegistryRefused(`a schema refers to more than ${MAX_REFERENCES} others`);
      }
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      const other = await this.#get(path, schemaAnswer);
      if (!other) {
        throw new RegistryUnavailable(
          `the schema registry lacks version ${version} of ${subject}, which a schema needs`,
        );
      }
      await this.#collect(other.references ?? [], found, depth + 1);
      found.set(name, other.schema);
    }
  }

  /** Null: 404. */
  async #get<T>(path: string, answer: z.ZodType<T>): Promise<T | null> {
    const { attempts = 3, signal } = this.options;
    for (let attempt = 1, pause = FIRST_PAUSE_MS;; attempt++, pause *= 2) {
      try {
        return await this.#once(path, answer);
      } catch (error) {
        if (!(error instanceof RegistryUnavailable) || attempt >= attempts || signal?.aborted) throw error;
        await sleep(pause, signal);
      }
    }
  }

  async #once<T>(path: string, answer: z.ZodType<T>): Promise<T | null> {
    const { timeoutMs = 5_000, signal } = this.options;
    const deadline = AbortSignal.timeout(timeoutMs);
    let status: number, text: string;
    try {
      const response = await fetch(this.#base + path, {
        headers: this.#headers,
        redirect: "manual",
        signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
      });
      status = response.status;
      text = await readLimited(response);
    } catch (error) {
      if (error instanceof RegistryRefused) throw error;
      const reason = deadline.aborted ? `no answer in ${timeoutMs / 1_000} s` : messageOf(error);
      throw new RegistryUnavailable(`the schema registry at ${this.address.url} does not answer: ${reason}`);
    }
    if (status === 401 || status === 403) {
      throw new RegistryRefused(
        `the schema registry at ${this.address.url} refuses the account (${status}): check api_key and api_secret`,
      );
    }
    if (status >= 300 && status < 400) {
      throw new RegistryRefused(
        `the schema registry at ${this.address.url} answers with a redirect: give the address it leads to`,
      );
    }
    if (status === 404) {
      if (isRegistryError(text)) return null;
      throw new RegistryUnavailable(
        `at ${this.address.url} is no schema registry: it answers 404 without a registry's error code`,
      );
    }
    if (status !== 200) throw new RegistryUnavailable(`the schema registry at ${this.address.url} answers ${status}`);
    const parsed = answer.safeParse(jsonOr(text));
    if (!parsed.success) {
      throw new RegistryUnavailable(
        `what ${this.address.url} answers is not what a schema registry does: check its address`,
      );
    }
    return parsed.data;
  }
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "", size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new RegistryRefused(`the schema registry answers with more than ${MAX_BYTES >> 20} MiB`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** 404 with one of the protocol's codes: the thing is not there, the registry is. */
function isRegistryError(text: string): boolean {
  const parsed = z.object({ error_code: z.number() }).safeParse(jsonOr(text));
  return parsed.success && parsed.data.error_code >= 40_400 && parsed.data.error_code < 40_500;
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
