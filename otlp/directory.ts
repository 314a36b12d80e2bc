/**
 * Which pipelines the receiver may write to. The source of that knowledge is injected; answers are cached, asked for once
 * however many requests wait for them, and used beyond their time when the source does not answer.
 */
import type { KeyPath } from "../pipeline/config/key_path.ts";
import type { LogsLayout } from "./logs_layout.ts";

/** What the receiver must know of a pipeline. */
export interface ReceiverPipeline {
  readonly pipelineId: string;
  readonly hash: string;
  readonly stream: string;
  /** Frames of shard n go to `<subjectPrefix>.<n>`. */
  readonly subjectPrefix: string;
  readonly shards: number;
  readonly layout: LogsLayout;
  readonly layoutDigest: string;
  /** Rows of one key go to one shard. */
  readonly key?: KeyPath;
  /** Stopped pipelines accept too: their data waits in the stream. */
  readonly state: "accepting";
}

/** `wrong_kind`: there is such a pipeline, but its source is of another type. */
export type Lookup = ReceiverPipeline | "unknown" | "wrong_kind";

export interface PipelineDirectory {
  /** Throws when the answer cannot be had. */
  lookup(pipelineId: string): Promise<Lookup>;
}

export interface DirectoryCacheOptions {
  /** How long an answer is used. */
  readonly ttlMs?: number;
  /** How long "unknown" and "wrong_kind" are believed: short, for a new pipeline must work at once. */
  readonly refusalTtlMs?: number;
  /** Ids come from clients, so their number is bounded. */
  readonly maxEntries?: number;
  readonly now?: () => number;
}

interface Entry {
  answer: Lookup | undefined;
  expires: number;
  asking: Promise<Lookup> | undefined;
}

export class CachedDirectory implements PipelineDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #ttlMs: number;
  readonly #refusalTtlMs: number;
  readonly #maxEntries: number;
  readonly #now: () => number;

  constructor(readonly source: PipelineDirectory, options: DirectoryCacheOptions = {}) {
    this.#ttlMs = options.ttlMs ?? 60_000;
    this.#refusalTtlMs = options.refusalTtlMs ?? 2_000;
    this.#maxEntries = options.maxEntries ?? 10_000;
    this.#now = options.now ?? (() => performance.now());
  }

  async lookup(pipelineId: string): Promise<Lookup> {
    const entry = this.#entry(pipelineId);
    if (entry.answer !== undefined && this.#now() < entry.expires) return entry.answer;
    entry.asking ??= this.#ask(pipelineId, entry);
    return await entry.asking;
  }

  /** The pipeline has changed: the next request asks again. Without an id, all have. */
  invalidate(pipelineId?: string): void {
    if (pipelineId === undefined) { for (const entry of this.#entries.values()) entry.expires = 0; }
    else {
      const entry = this.#entries.get(pipelineId);
      if (entry) entry.expires = 0;
    }
  }

  async #ask(pipelineId: string, entry: Entry): Promise<Lookup> {
    try {
      const answer = await this.source.lookup(pipelineId);
      entry.answer = answer;
      entry.expires = this.#now() + (typeof answer === "string" ? this.#refusalTtlMs : this.#ttlMs);
      return answer;
    } catch (error) {
      // A pipeline once known most likely still exists, and its stream is what decides.
      if (entry.answer === undefined || typeof entry.answer === "string") throw error;
      entry.expires = this.#now() + this.#refusalTtlMs;
      return entry.answer;
    } finally {
      entry.asking = undefined;
    }
  }

  #entry(pipelineId: string): Entry {
    let entry = this.#entries.get(pipelineId);
    if (entry) return entry;
    if (this.#entries.size >= this.#maxEntries) this.#evict();
    entry = { answer: undefined, expires: 0, asking: undefined };
    this.#entries.set(pipelineId, entry);
    return entry;
  }

  /** Drops the oldest entry that is not a known pipeline, or else the oldest. */
  #evict(): void {
    for (const [id, entry] of this.#entries) {
      if (entry.answer === undefined || typeof entry.answer === "string") {
        this.#entries.delete(id);
        return;
      }
    }
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest);
  }
}
