/**
 * A transform with deduplication: keys, input mark, output frame and counts are committed in one transaction; the input is
 * acknowledged after it, and the output is published from the committed bytes. A restart publishes the outbox first and
 * never computes a frame again.
 */
import { join } from "node:path";
import type { TransformProgram } from "../../pipeline/compile/program.ts";
import { confirmedPositions } from "../../runtime/confirmed.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import { encodeFrame, type Frame, ONCE, ROWS_PER_MESSAGE } from "../../runtime/frame.ts";
import type { Delivery } from "../../runtime/nats/consumer.ts";
import type { OrderedPublisher } from "../../runtime/nats/publish.ts";
import type { Lease } from "../../runtime/ownership.ts";
import { BoundedQueue } from "../../runtime/queue.ts";
import type { FrameCommit, StateFile } from "../../runtime/state/mod.ts";
import type { PartStatus } from "../../runtime/part_status.ts";
import type { WorkerContext } from "../../runtime/stage.ts";
import { coalesce, type Unit } from "./coalesce.ts";
import { compute, type Piece, toFrame, type UndoableKeys } from "./compute.ts";
import { deadInPlace, trimFrame } from "./source_frames.ts";
import type { TransformMetrics } from "./metrics.ts";
import { Outbox } from "./outbox.ts";

export interface StatefulShard {
  readonly program: TransformProgram;
  readonly windowMs: number;
  readonly context: WorkerContext;
  readonly shard: number;
  /** Shards of this process, which share its memory. */
  readonly shards: number;
  readonly lease: Lease;
  /** Incarnation of the input stream. */
  readonly inStream: string;
  readonly publisher: OrderedPublisher;
  readonly metrics: TransformMetrics;
  readonly status: PartStatus;
  /** Ends the session's deliveries and its publisher. */
  readonly stop: () => void;
}

/** Input frames of one transaction at most. */
const GROUP = 64;
/** Key blobs deleted at a time. */
const EXPIRED_BLOBS = 256;
/** Input bytes that may wait in front of the program, and output bytes behind it, over all shards of the process. */
const WAITING_BYTES = 64 << 20;
const OUTBOX_BYTES = 128 << 20;

/** `open` starts the deliveries once the state is owned; resolves when they end. */
export async function runStateful(
  shard: StatefulShard,
  open: () => Promise<AsyncIterable<Delivery>>,
): Promise<void> {
  const { context, lease, windowMs } = shard;
  const path = join(context.settings.stateDir ?? ".", `shard-${shard.shard}.sqlite`);
  const { openStateFile, Fingerprints } = context.state;
  const file = openStateFile(path, {
    epoch: lease.epoch,
    newFileId: crypto.randomUUID(),
    ...(context.settings.stateEngine ? { engine: context.settings.stateEngine } : {}),
    ...(lease.value.fileId ? { expectedFileId: lease.value.fileId } : {}),
  });
  try {
    failpoint("transform.after_state_open");
    if (lease.value.fileId !== file.fileId) await lease.note({ fileId: file.fileId });
    const keys = new Fingerprints({ windowMs });
    keys.reserve(file.fingerprintCount());
    keys.load(file.fingerprints());
    const queue = new BoundedQueue<Delivery>(WAITING_BYTES / shard.shards, (delivery) => delivery.bytes);
    const outbox = new Outbox(shard.publisher, OUTBOX_BYTES / shard.shards, {
      idle: (published) => {
        file.deleteOutbox(lease.epoch, published);
        failpoint("transform.after_outbox_delete");
      },
      failed: (error) => queue.fail(error),
    });
    let filling: Promise<void> | undefined;
    try {
      for (const frame of file.pendingOutbox()) await outbox.add(frame);
      const deliveries = await open();
      const confirmed = await confirmedPositions(context);
      filling = queue.fill(deliveries);
      await new Committer(shard, file, keys, outbox, confirmed).run(queue);
      await outbox.end();
    } finally {
      shard.stop();
      queue.close();
      await filling;
      await outbox.stopped();
    }
  } finally {
    file.close();
  }
}

type Keys = UndoableKeys & {
  commit(): void;
  pendingBytes(): Uint8Array;
  bucketAt(timeMs: number): number;
  readonly expiredBefore: number;
};

/** Turns deliveries into commits and hands their output on. */
class Committer {
  readonly #instance;
  readonly #origin: string;
  /** Sequence that the next outbox frame gets. */
  #next: number;
  #mark: number;
  #expired = 0;
  /** Of origins whose rows have positions: what is handled, up to the frames at work. */
  readonly #positions: Map<string, number>;

  /** `confirmed`: positions that are in the table whatever this state says. */
  constructor(
    readonly shard: StatefulShard,
    readonly file: StateFile,
    readonly keys: Keys,
    readonly outbox: Outbox,
    readonly confirmed: Readonly<Record<string, number>>,
  ) {
    this.#positions = new Map();
    this.#instance = shard.program.create();
    this.#origin = `outbox:${file.fileId}`;
    this.#next = file.outboxNext();
    this.#mark = file.inMark(shard.inStream) ?? 0;
  }

  async run(queue: BoundedQueue<Delivery>): Promise<void> {
    const { metrics, status } = this.shard;
    for (let group; (group = await queue.take(GROUP)) !== null;) {
      failpoint("transform.after_receive");
      const commits: FrameCommit[] = [];
      const handled = group.filter(({ sequence }) => sequence <= this.#mark);
      let failure: { readonly error: unknown } | null = null;
      const fresh: Delivery[] = [];
      for (const delivery of group.slice(handled.length)) {
        try {
          fresh.push(this.#trimmed(delivery));
        } catch (error) {
          failure = { error };
          break;
        }
      }
      for (const unit of this.#units(fresh)) {
        const outputs = this.#outputs.length;
        try {
          commits.push(...this.#compute(unit));
        } catch (error) {
          failure = { error }; // only stops what is behind it
          this.#outputs.length = outputs;
          break;
        }
        handled.push(...unit.deliveries);
      }
      failpoint("transform.before_commit");
      const published = this.outbox.published;
      if (commits.length > 0) this.file.commitFrames(commits, published);
      failpoint("transform.after_commit");
      for (const delivery of handled) delivery.ack();
      failpoint("transform.after_ack");
      for (const { deliveries, pieces } of this.#handled.splice(0)) metrics.handled(deliveries, pieces);
      if (handled.length > 0) status.progress();
      for (const { outbox, sequence } of this.#outputs) await this.outbox.add({ ...outbox, seq: sequence });
      this.#outputs.length = 0;
      if (failure) {
        await this.outbox.end();
        throw failure.error;
      }
      this.#expire();
    }
  }

  /** Deletes stored keys of buckets that no longer count, a bounded number at a time. */
  #expire(): void {
    const before = this.keys.expiredBefore;
    if (before === this.#expired) return;
    if (this.file.expire(this.shard.lease.epoch, before, EXPIRED_BLOBS) < EXPIRED_BLOBS) this.#expired = before;
  }

  readonly #outputs: {
    outbox: { headers: Readonly<Record<string, string>>; payload: Uint8Array };
    sequence: number;
  }[] = [];

  /** Of the group at work: counted once it is committed. */
  readonly #handled: { deliveries: readonly Delivery[]; pieces: readonly Piece[] }[] = [];

  /** Frames that cannot be joined (one of them is damaged) are taken one by one, so that only that one stops. */
  #units(deliveries: readonly Delivery[]): Unit[] {
    try {
      return coalesce(this.shard.program, deliveries);
    } catch {
      return deliveries.map((delivery) => ({ deliveries: [delivery], frame: delivery.frame }));
    }
  }

  /** The delivery without rows that its origin's mark covers. @throws {PositionGap} */
  #trimmed(delivery: Delivery): Delivery {
    const { frame } = delivery;
    const { origin } = frame;
    if (origin === ONCE) return delivery;
    const mark = this.#positions.get(origin) ??
      Math.max(this.file.position(origin) ?? -1, this.confirmed[origin] ?? -1);
    const trimmed = trimFrame(this.shard.program, frame, mark);
    this.#positions.set(origin, Math.max(mark, frame.watermark));
    return { ...delivery, frame: trimmed, ack: () => delivery.ack() };
  }

  /** The commits of one unit: one per piece, the last one moves the marks. */
  #compute({ deliveries, frame }: Unit): FrameCommit[] {
    const { program, lease, inStream } = this.shard;
    const { sequence } = deliveries[deliveries.length - 1];
    const base = (this.#next - 1) * ROWS_PER_MESSAGE; // sequences start at 1, positions at 0
    const pieces = deadInPlace(compute(program, this.#instance, frame, base, this.keys), frame, base);
    const positions = watermarksOf(deliveries.map((delivery) => delivery.frame));
    const fingerprints = this.keys.pendingBytes();
    const bucket = this.keys.bucketAt(frame.time);
    this.keys.commit();
    this.#mark = sequence;
    this.#handled.push({ deliveries, pieces });
    const end = base + Math.max(pieces.length, 1) * ROWS_PER_MESSAGE - 1;
    let prev = base - 1;
    const commits = pieces.map((piece, i): FrameCommit => {
      const last = i === pieces.length - 1;
      const watermark = last ? end : piece.watermark;
      const made = toFrame(program, piece, { origin: this.#origin, prev, watermark, committed: -1 });
      const outbox = encodeFrame(last ? { ...made, confirms: positions } : made);
      prev = watermark;
      this.#outputs.push({ outbox, sequence: this.#next++ });
      return {
        epoch: lease.epoch,
        outbox,
        ledger: counts(piece),
        inSequence: sequence,
        inStream,
        moveMark: last,
        ...(last ? { positions } : {}),
      };
    });
    if (commits.length === 0) return [{ epoch: lease.epoch, inSequence: sequence, inStream, positions }];
    commits[0] = { ...commits[0], fingerprints, bucket };
    return commits;
  }
}

/** By origin, up to where these frames go; of rows without positions nothing. */
function watermarksOf(frames: readonly Frame[]): Record<string, number> {
  const watermarks: Record<string, number> = {};
  for (const { origin, watermark } of frames) {
    if (origin !== ONCE) watermarks[origin] = Math.max(watermarks[origin] ?? -1, watermark);
  }
  return watermarks;
}

function counts({ output, outcome, passed = [] }: Piece): Record<string, number> {
  const fates = {
    emitted: output.rows,
    filtered: outcome.filtered.length,
    deduplicated: outcome.deduplicated.length,
    dead: outcome.dead.length + passed.length,
  };
  return { accepted: fates.emitted + fates.filtered + fates.deduplicated + fates.dead, ...fates };
}
