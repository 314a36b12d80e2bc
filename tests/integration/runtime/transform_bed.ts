/** A transform on shard 0 of a test pipeline, with a program written by hand, and what the next stage would make of it. */
import { stage } from "../../../handlers/transform/stage.ts";
import { trim } from "../../../handlers/sink/plan.ts";
import type { TransformInstance, TransformProgram } from "../../../pipeline/compile/program.ts";
import { BlockWriter, FixedWriter, hash128, readBlock, StringWriter } from "../../../pipeline/native/mod.ts";
import { decodeFrame, type Frame, isGap, NO_MARK, ONCE } from "../../../runtime/frame.ts";
import type { Marks } from "../../../runtime/lane.ts";
import { createLog } from "../../../runtime/log.ts";
import { Metrics } from "../../../runtime/metrics.ts";
import { edgeSubject, streamName } from "../../../runtime/nats/names.ts";
import { Fingerprints, openStateFile, type StateFile } from "../../../runtime/state/mod.ts";
import type { StageStatus, WorkerContext } from "../../../runtime/stage.ts";
import { withNats } from "../../services/mod.ts";
import { COLUMNS, frameOf, LAYOUT, type Pipeline, until, withPipeline } from "./bed.ts";
import { Effects, instead } from "./effects.ts";

const encoder = new TextEncoder();

/** Row by its text: `drop…` is filtered, `bad…` is dead, a text seen before is a duplicate, the rest goes on. */
export function programOf(dedupWindowMs: number | null): TransformProgram {
  return { input: COLUMNS, inputLayout: LAYOUT, outputLayout: LAYOUT, dedupWindowMs, create: () => instance() };
}

function instance(): TransformInstance {
  const writer = new BlockWriter(COLUMNS);
  const [ids, texts] = writer.columns as [FixedWriter, StringWriter];
  const key = new Int32Array(4);
  return {
    run: (block, from, to, base, timeMs, seen, out) => {
      const [id, text] = block.columns.map(({ column }) => column);
      if (id.kind !== "fixed" || text.kind !== "strings") throw new TypeError("other columns");
      for (let row = from; row < to; row++) {
        const value = text.text(row);
        const position = base + row;
        const bytes = encoder.encode(value);
        hash128(bytes, 0, bytes.length, key);
        const [a, b, c, d] = key;
        if (value.startsWith("drop")) out.filtered.push(position);
        else if (seen?.has(a, b, c, d, timeMs)) out.deduplicated.push(position);
        else if (value.startsWith("bad")) {
          out.dead.push({ position, reason: "transform_error", error: "bad", original: bytes });
        } else {
          ids.putBigInt(id.values[row] as bigint);
          texts.putText(value);
          out.positions.push(position);
          seen?.add(a, b, c, d, timeMs);
        }
      }
    },
    take: () => {
      const taken = writer.finish();
      writer.reset();
      return taken.rows === 0 ? { rows: 0, block: new Uint8Array(), columnLengths: [] } : taken;
    },
    size: () => writer.byteLength(),
  };
}

export interface Transform {
  readonly running: Promise<void>;
  readonly states: StageStatus[];
  drain(): void;
}

export interface TransformBed {
  readonly pipeline: Pipeline;
  readonly stateFile: string;
  /** Sends texts as one frame that arrives once. */
  send(...texts: string[]): Promise<void>;
  start(options?: { effects?: Effects; fail?: Partial<Record<keyof StateFile, () => never>> }): Transform;
  /** Waits until the stage owns its state and the input is handled, then ends it in order. */
  finish(transform: Transform): Promise<void>;
  /** What a sink would take: texts in order, each position once. Throws at a gap. */
  received(): Promise<{ texts: string[]; filtered: number; deduplicated: number; dead: number }>;
}

export function withTransform(
  dedupWindowMs: number | null,
  use: (bed: TransformBed) => Promise<void>,
  limits: { out?: number } = {},
): Promise<void> {
  return withNats((nats) =>
    withPipeline(nats, async (pipeline) => {
      const stateDir = await Deno.makeTempDir({ prefix: "state-" });
      try {
        await use(bedOf(pipeline, programOf(dedupWindowMs), stateDir));
      } finally {
        await Deno.remove(stateDir, { recursive: true });
      }
    }, limits)
  );
}

function bedOf(pipeline: Pipeline, program: TransformProgram, stateDir: string): TransformBed {
  const { nc, js, jsm, kv, hash } = pipeline;
  return {
    pipeline,
    stateFile: `${stateDir}/shard-0.sqlite`,
    send: async (...texts) => {
      const frame = frameOf({ from: 0, rows: texts.length, text: (position) => texts[position] });
      await pipeline.send("in", 0, { ...frame, origin: ONCE, positions: [], prev: -1, watermark: -1 });
    },
    start: ({ effects = new Effects(), fail = {} } = {}) => {
      const draining = new AbortController();
      const states: StageStatus[] = [];
      const context: WorkerContext = {
        settings: {
          pipelineId: "test",
          hash,
          stage: "transform",
          replica: 0,
          replicas: 1,
          shards: 1,
          lanes: 1,
          nats: { servers: "" },
          stateDir,
          bundle: { path: "", digest: "" },
          logLevel: "silent",
          httpPort: 0,
          failpoints: {},
        },
        nc,
        js: instead(js, {
          publish: (...args: Parameters<typeof js.publish>) => effects.run(() => js.publish(...args)),
        }),
        jsm,
        kv,
        log: createLog("test", "silent"),
        metrics: new Metrics(),
        draining: draining.signal,
        state: {
          openStateFile: (...args: Parameters<typeof openStateFile>) => {
            const file = openStateFile(...args);
            return instead(file, {
              commitFrames: (...commit: Parameters<StateFile["commitFrames"]>) =>
                effects.runSync(() => file.commitFrames(...commit)),
              deleteOutbox: (...rest: Parameters<StateFile["deleteOutbox"]>) =>
                effects.runSync(() => file.deleteOutbox(...rest)),
              ...fail,
            });
          },
          Fingerprints,
        },
        report: (_part, state) => {
          const before = states.at(-1);
          if (before?.state !== state.state || before.reason !== state.reason) states.push(state);
        },
      };
      return { running: stage(program).run(context), states, drain: () => draining.abort() };
    },
    finish: async (transform) => {
      await Promise.race([
        until(
          async () => transform.states.some(({ state }) => state === "running") && await pipeline.depth("in") === 0,
          "the input is handled",
        ),
        transform.running,
      ]);
      transform.drain();
      await transform.running;
    },
    received: () => received(pipeline),
  };
}

async function received({ jsm, hash }: Pipeline) {
  const stream = streamName(hash, "out");
  const { state } = await jsm.streams.info(stream);
  const total = { texts: [] as string[], filtered: 0, deduplicated: 0, dead: 0 };
  let marks: Marks = { stream: "", sequences: {}, positions: {} };
  for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage(stream, { seq });
    if (message?.subject !== edgeSubject(hash, "out", 0)) continue;
    const frame: Frame = decodeFrame((name) => message.header.get(name), message.data);
    if (isGap(frame, marks.positions[frame.origin] ?? NO_MARK)) throw new Error(`gap before frame ${seq}`);
    const trimmed = trim([{ shard: 0, sequence: seq, frame }], marks);
    marks = trimmed.marks;
    const [{ firstRow, dead, filtered, deduplicated }] = trimmed.frames;
    total.filtered += filtered;
    total.deduplicated += deduplicated;
    total.dead += dead.length;
    if (frame.rows === 0) continue;
    const { column } = readBlock(frame.block).columns[1];
    if (column.kind !== "strings") throw new TypeError("other columns");
    for (let row = firstRow; row < frame.rows; row++) total.texts.push(column.text(row));
  }
  return total;
}
