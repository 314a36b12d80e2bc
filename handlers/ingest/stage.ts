/**
 * The ingest stage: reads its share of a Kafka topic and sends frames to the edge `in`. Offsets are committed when the rows
 * are in the table, also when all of them were filtered or are dead: the sink's marks say so. See `docs/exactly-once.md` §2.
 */
import type { IngestProgram } from "../../pipeline/compile/program.ts";
import { messageOf, Unavailable } from "../../runtime/errors.ts";
import { failpoint } from "../../runtime/failpoint.ts";
import { confirmedPositions } from "../../runtime/confirmed.ts";
import type { AssignedPartition, FetchedRecords, KafkaSource, SourceListener } from "../../runtime/kafka/source.ts";
import { edgeSubject, streamName } from "../../runtime/nats/names.ts";
import { OrderedPublisher, sleep } from "../../runtime/nats/publish.ts";
import { incarnation } from "../../runtime/nats/streams.ts";
import type { Stage, WorkerContext } from "../../runtime/stage.ts";
import { IngestMetrics } from "./metrics.ts";
import { Partition } from "./partition.ts";
import { SchemaWait } from "./schema_wait.ts";
import { IngestStatus } from "./status.ts";

const COMMIT_EVERY_MS = 1_000;
/** An orderly end waits this long for the rows to be written; what is not is read again and known again. */
const DRAIN_WAIT_MS = 12_000;
const DRAIN_LOOK_MS = 100;
/** How often it is looked whether the streams are still those that were written to. */
const STREAMS_EVERY_MS = 10_000;

export function stage(program: IngestProgram): Stage {
  return { name: "ingest", stateful: false, run: (context) => run(program, context) };
}

async function run(program: IngestProgram, context: WorkerContext): Promise<void> {
  const { kafka: settings } = context.settings;
  if (!settings || !context.kafka) throw new Error("an ingest stage needs the address of its brokers");
  const source = await context.kafka.openKafkaSource(settings, context.log);
  const ingest = new Ingest(program, context, source);
  const reading = source.run(ingest);
  try {
    await Promise.race([reading, ingest.failure, ingest.keepCommitting()]);
    source.stop();
    await ingest.drain();
  } finally {
    ingest.end();
    await source.close();
  }
  await reading;
}

class Ingest implements SourceListener {
  readonly #partitions = new Map<number, Partition>();
  readonly #metrics: IngestMetrics;
  readonly #status: IngestStatus;
  readonly #ending = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  readonly #schemas: SchemaWait;
  #refusing = 0;

  constructor(readonly program: IngestProgram, readonly context: WorkerContext, readonly source: KafkaSource) {
    this.#metrics = new IngestMetrics(context.metrics);
    this.#status = new IngestStatus(context.report);
    this.#failed.promise.catch(() => {}); // whoever runs the stage hears of it
    this.#schemas = this.#schemaWait();
  }

  /** Rejects when the stage must be started again. */
  get failure(): Promise<never> {
    return this.#failed.promise;
  }

  assigned(assigned: AssignedPartition): void {
    const { partition } = assigned;
    this.#partitions.get(partition)?.end();
    this.#partitions.set(
      partition,
      new Partition(this.program, assigned, (shard) => this.#publisher(shard), {
        pause: (each) => {
          this.source.pause(each);
          this.#countPaused();
        },
        resume: (each) => {
          this.source.resume(each);
          this.#countPaused();
        },
        framed: (_, cut) => this.#metrics.framed(cut),
        failed: (error) => this.#failed.reject(error),
      }),
    );
    this.context.log.info({ partition, offset: assigned.offset }, "partition assigned");
    failpoint("ingest.after_assign");
  }

  async revoked(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.#partitions.get(partition)?.end();
    try {
      await this.#commit(partitions);
    } catch (error) {
      // Whoever gets them reads from the last commit; what is written by then is known again.
      this.context.log.info(
        { partitions, reason: messageOf(error) },
        "offsets of revoked partitions are not committed",
      );
    }
    for (const partition of partitions) {
      this.#partitions.delete(partition);
      this.#metrics.lag(partition, { records: 0, seconds: 0 });
    }
    this.#countPaused();
    this.context.log.info({ partitions }, "partitions revoked");
  }

  fetched(records: FetchedRecords): void {
    const partition = this.#partitions.get(records.partition);
    if (!partition) return;
    failpoint("ingest.after_fetch");
    this.#metrics.fetched(records.batches.reduce((sum, { values, count }) => sum + sizeOf(values, count), 0));
    try {
      if (partition.schemas) this.#schemas.pass(partition, records);
      else partition.take(records, Date.now());
    } catch (error) {
      this.#failed.reject(error);
    }
  }

  waiting(reason: string | null, personMustAct = false): void {
    this.#status.set("source", reason, personMustAct);
  }

  lost(partition: number, from: number, to: number): void {
    this.#metrics.lost(to - from);
    this.context.log.error(
      { partition, from, to },
      "the brokers dropped records before they were read: give the topic a longer retention",
    );
  }

  /** Commits what is written until the worker drains. */
  async keepCommitting(): Promise<void> {
    const { draining } = this.context;
    let streams = await this.#streams();
    let looked = performance.now();
    while (!draining.aborted) {
      await sleep(COMMIT_EVERY_MS, draining).catch(() => {}); // draining: the loop ends
      try {
        await this.#commit([...this.#partitions.keys()]);
        if (performance.now() - looked < STREAMS_EVERY_MS) continue;
        looked = performance.now();
        const now = await this.#streams();
        if (now === streams) continue;
        streams = now;
      } catch (error) {
        this.#metrics.committed("error");
        this.context.log.warn({ reason: messageOf(error) }, "offsets could not be committed; tried again");
        continue;
      }
      throw new Unavailable("a stream of the pipeline was made anew: the source is read again from its last commit");
    }
  }

  /** Sends what was read, and waits for it to be written as long as that is likely. */
  async drain(): Promise<void> {
    for (const partition of this.#partitions.values()) partition.flush(Date.now());
    const deadline = performance.now() + DRAIN_WAIT_MS;
    while (performance.now() < deadline) {
      try {
        await this.#commit([...this.#partitions.keys()]);
      } catch (error) {
        this.context.log.warn({ reason: messageOf(error) }, "offsets could not be committed");
      }
      if (![...this.#partitions.values()].some(({ busy }) => busy)) return;
      await sleep(DRAIN_LOOK_MS);
    }
  }

  end(): void {
    for (const partition of this.#partitions.values()) partition.end();
    this.#ending.abort(new Unavailable("the ingest stage has ended"));
  }

  async #commit(wanted: readonly number[]): Promise<void> {
    const partitions = wanted.flatMap((partition) => this.#partitions.get(partition) ?? []);
    if (partitions.length === 0) return;
    const marks = partitions.some(({ busy }) => busy) ? await confirmedPositions(this.context) : {};
    const offsets = new Map<number, number>();
    for (const each of partitions) {
      const offset = each.committable(marks);
      if (offset !== null) offsets.set(each.assigned.partition, offset);
    }
    if (offsets.size > 0) {
      failpoint("ingest.before_commit");
      await this.source.commit(offsets);
      failpoint("ingest.after_commit");
      this.#metrics.committed("success");
    }
    const now = Date.now();
    for (const each of partitions) {
      const offset = offsets.get(each.assigned.partition);
      if (offset !== undefined) each.committed(offset);
      this.#metrics.lag(each.assigned.partition, each.lag(now));
    }
  }

  #schemaWait(): SchemaWait {
    const { registry, settings } = this.context;
    const cache = registry && settings.registry
      ? new registry.SchemaCache(
        new registry.SchemaRegistryClient(settings.registry, { signal: this.#ending.signal }),
        {
          signal: this.#ending.signal,
          waiting: (reason, personMustAct) => this.#status.set("registry", reason, personMustAct),
        },
      )
      : null;
    return new SchemaWait({
      lookUp: async (id) => await cache?.get(id) ?? "the source has no schema registry: give it one",
      pause: (partition) => this.source.pause(partition),
      resume: (partition) => this.#partitions.get(partition)?.paused || this.source.resume(partition),
      failed: (error) => this.#ending.signal.aborted || this.#failed.reject(error),
    });
  }

  #publisher(shard: number): OrderedPublisher {
    const { js, settings } = this.context;
    return new OrderedPublisher(js, edgeSubject(settings.hash, "in", shard), this.#ending.signal, (active, error) => {
      this.#refusing += active ? 1 : -1;
      this.#metrics.backpressure(this.#refusing > 0, performance.now());
      this.#status.set("edge", this.#refusing > 0 ? error?.message ?? "the edge is full" : null, false);
    });
  }

  #countPaused(): void {
    this.#metrics.paused([...this.#partitions.values()].filter(({ paused }) => paused).length);
  }

  async #streams(): Promise<string> {
    const { jsm, settings } = this.context;
    const infos = await Promise.all(
      (["in", "out"] as const).map((edge) => jsm.streams.info(streamName(settings.hash, edge))),
    );
    return infos.map(incarnation).join(" ");
  }
}

function sizeOf(values: Int32Array, count: number): number {
  return count === 0 ? 0 : values[2 * count - 1] - Math.max(values[0], 0);
}
