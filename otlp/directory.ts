/**
 * Which pipelines the receiver may write to. The source of that knowledge is injected; a known pipeline is cached, asked for
 * once however many requests wait for it, and used beyond its time when the source does not answer.
 *
 * A refusal is never older than the request it refuses, so that a pipeline works from its creation on. Requests that would
 * be refused wait for one look-up together, and look-ups of one id keep a distance: a client with a wrong id cannot
 * hammer the source.
 */
import type { KeyPath } from "../pipeline/config/key_path.ts";
import { sleep } from "../runtime/nats/publish.ts";
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
  /** So much time lies at least between two look-ups of an id. */
  readonly distanceMs?: number;
  /** Ids come from clients, so their number is bounded. */
  readonly maxEntries?: number;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

interface Entry {
  pipeline: ReceiverPipeline | undefined;
  expires: number;
  /** A look-up that has begun: good enough to accept a request that came later, not to refuse it. */
  underWay: Promise<Lookup> | undefined;
  /** A look-up that has not begun yet. */
  next: Promise<Lookup> | undefined;
  /** When a look-up may begin. */
  notBefore: number;
}

/** How long a known pipeline is believed in when the source does not answer, before it is asked again. */
const STALE_MS = 2_000;

export class CachedDirectory implements PipelineDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #ttlMs: number;
  readonly #distanceMs: number;
  readonly #maxEntries: number;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(readonly source: PipelineDirectory, options: DirectoryCacheOptions = {}) {
    this.#ttlMs = options.ttlMs ?? 60_000;
    this.#distanceMs = options.distanceMs ?? 25;
    this.#maxEntries = options.maxEntries ?? 10_000;
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? ((ms) => ms > 0 ? sleep(ms) : Promise.resolve());
  }

  async lookup(pipelineId: string): Promise<Lookup> {
    const entry = this.#entry(pipelineId);
    if (entry.pipeline && this.#now() < entry.expires) return entry.pipeline;
    if (entry.underWay) {
      const answer = await entry.underWay;
      if (typeof answer !== "string") return answer;
    }
    entry.next ??= this.#next(pipelineId, entry);
    return await entry.next;
  }

  /** The pipeline has changed: the next request asks again. Without an id, all have. */
  invalidate(pipelineId?: string): void {
    if (pipelineId === undefined) { for (const entry of this.#entries.values()) entry.expires = 0; }
    else {
      const entry = this.#entries.get(pipelineId);
      if (entry) entry.expires = 0;
    }
  }

  async #next(pipelineId: string, entry: Entry): Promise<Lookup> {
    await this.#sleep(Math.max(0, entry.notBefore - this.#now()));
    entry.notBefore = this.#now() + this.#distanceMs;
    entry.underWay = this.#ask(pipelineId, entry);
    entry.next = undefined;
    return await entry.underWay;
  }

  async #ask(pipelineId: string, entry: Entry): Promise<Lookup> {
    try {
      const answer = await this.source.lookup(pipelineId);
      entry.pipeline = typeof answer === "string" ? undefined : answer;
      entry.expires = this.#now() + this.#ttlMs;
      return answer;
    } catch (error) {
      // A pipeline once known most likely still exists, and its stream is what decides.
      if (!entry.pipeline) throw error;
      entry.expires = this.#now() + STALE_MS;
      return entry.pipeline;
    } finally {
      entry.underWay = undefined;
    }
  }

  #entry(pipelineId: string): Entry {
    let entry = this.#entries.get(pipelineId);
    if (entry) return entry;
    if (this.#entries.size >= this.#maxEntries) this.#evict();
    entry = { pipeline: undefined, expires: 0, underWay: undefined, next: undefined, notBefore: 0 };
    this.#entries.set(pipelineId, entry);
    return entry;
  }

  /** Drops the oldest entry that is not a known pipeline, or else the oldest. */
  #evict(): void {
    for (const [id, entry] of this.#entries) {
      if (!entry.pipeline) {
        this.#entries.delete(id);
        return;
      }
    }
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest);
  }
}
