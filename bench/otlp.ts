/**
 * The receiver without sockets and streams: an export request of 1 000 records to encoded frames, with a publisher in memory.
 * Baseline: the request decoded to objects, and each record to a JSON text. `value`: protobuf records per CPU second.
 */
import { Receiver } from "../otlp/receiver.ts";
import { LOGS_LAYOUT } from "../otlp/logs_layout.ts";
import type { ReceiverPipeline } from "../otlp/directory.ts";
import type { Encoding } from "../otlp/status.ts";
import { type EncodedFrame, encodeFrame, ONCE } from "../runtime/frame.ts";
import { Metrics } from "../runtime/metrics.ts";
import { eventTexts } from "./baseline/events_as_json.ts";
import { decodeExport } from "./baseline/protobuf_objects.ts";
import { encodeJson, encodeProtobuf, logRequests, RECORDS_PER_REQUEST } from "./log_requests.ts";
import { type Measured, type Side, significant, takeTurns } from "./measure.ts";
import type { Bench } from "./result.ts";

/** Different requests, so that no branch is learnt by heart. */
const REQUESTS = 50;
/** Times each of them is taken in a round. */
const REPEATS = 4;

const PIPELINE: ReceiverPipeline = {
  pipelineId: "bench",
  hash: "be9c0000",
  stream: "gf-be9c0000-in",
  subjectPrefix: "gf.be9c0000.in",
  shards: 8,
  layout: LOGS_LAYOUT,
  layoutDigest: "bench",
  state: "accepting",
};

type Bytes = Uint8Array<ArrayBuffer>;

export const bench: Bench = {
  about: "OTLP logs to frames, protobuf and JSON, against objects and JSON texts",
  async run(note) {
    note("making requests");
    const source = logRequests(1);
    const groups = Array.from({ length: REQUESTS }, () => source.next().value);
    const protobuf = groups.map(encodeProtobuf);
    const json = groups.map(encodeJson);
    note("measuring");
    const decoder = new TextDecoder();
    const measured = await takeTurns({
      protobuf: receiving(protobuf, "protobuf"),
      protobufBaseline: decoding(protobuf, (body) => eventTexts(decodeExport(body))),
      json: receiving(json, "json"),
      jsonBaseline: decoding(json, (body) => eventTexts(JSON.parse(decoder.decode(body)))),
    }, { rounds: 7, warmUps: 2, budgetMs: 40_000 });
    const figures = (ours: Measured, baseline: Measured) => ({
      records_per_cpu_second: Math.round(ours.perCpuSecond("ours")),
      records_per_second: Math.round(ours.rate),
      mb_per_second: significant(ours.megabytesPerSecond),
      baseline_records_per_cpu_second: Math.round(baseline.perCpuSecond("ours")),
      ratio: significant(ours.perCpuSecond("ours") / baseline.perCpuSecond("ours")),
    });
    const first = figures(measured.protobuf, measured.protobufBaseline);
    return {
      value: first.records_per_cpu_second,
      unit: "records/CPU-s",
      baseline: first.baseline_records_per_cpu_second,
      ratio: first.ratio,
      cpu_seconds_per_million_events: {
        ours: measured.protobuf.perMillion("ours"),
        baseline: measured.protobufBaseline.perMillion("ours"),
      },
      bytes_per_record: significant(meanBytes(protobuf)),
      json_bytes_per_record: significant(meanBytes(json)),
      protobuf: first,
      json: figures(measured.json, measured.jsonBaseline),
    };
  },
};

function meanBytes(bodies: readonly Bytes[]): number {
  return totalBytes(bodies) / bodies.length / RECORDS_PER_REQUEST;
}

function totalBytes(bodies: readonly Bytes[]): number {
  return bodies.reduce((sum, body) => sum + body.length, 0);
}

function receiving(bodies: readonly Bytes[], encoding: Encoding): Side {
  let rows = 0;
  const receiver = new Receiver<EncodedFrame>({
    directory: { lookup: async () => PIPELINE },
    publisher: { publish: async (_, frame) => void (rows += Number(frame.headers["Gf-Rows"])) },
    encode: ({ rows, block, columnLengths }, pipeline, time) =>
      encodeFrame({
        layout: pipeline.layoutDigest,
        origin: ONCE,
        prev: -1,
        watermark: -1,
        committed: -1,
        time,
        rows,
        block,
        columnLengths,
        positions: [],
        filtered: [],
        deduplicated: [],
        dead: [],
      }),
    metrics: new Metrics(),
  });
  const headers = {
    "x-glassflow-pipeline-id": PIPELINE.pipelineId,
    "content-type": encoding === "json" ? "application/json" : "application/x-protobuf",
  };
  return {
    async run() {
      rows = 0;
      for (let i = 0; i < REPEATS; i++) {
        for (const body of bodies) {
          const request = new Request("http://localhost/v1/logs", { method: "POST", headers, body });
          const response = await receiver.fetch(request);
          if (response.status !== 200) throw new Error(`the receiver answers ${response.status}`);
          await response.body?.cancel();
        }
      }
      if (rows !== REPEATS * bodies.length * RECORDS_PER_REQUEST) throw new Error(`${rows} rows were published`);
      return { events: rows, bytes: REPEATS * totalBytes(bodies) };
    },
  };
}

function decoding(bodies: readonly Bytes[], texts: (body: Bytes) => string[]): Side {
  return {
    run() {
      let events = 0;
      // Slower, so fewer.
      for (const body of bodies) events += texts(body).length;
      return { events, bytes: totalBytes(bodies) };
    },
  };
}
