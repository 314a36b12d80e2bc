import assert from "node:assert/strict";
import { StreamFull, Unavailable } from "../../../runtime/errors.ts";
import { encodeFrame } from "../../../runtime/frame.ts";
import { edgeSubject, streamName } from "../../../runtime/nats/names.ts";
import { AlreadyPublished, OrderedPublisher, publish } from "../../../runtime/nats/publish.ts";
import { edgeStream, ensureStream } from "../../../runtime/nats/streams.ts";
import { serviceTest, withNats } from "../../services/mod.ts";
import { frameOf, type Pipeline, until, withPipeline } from "./bed.ts";

const forever = new AbortController().signal;
const message = (from: number, text?: string) =>
  encodeFrame(frameOf({ from, rows: 1, ...(text ? { text: () => text } : {}) }));

async function stored({ jsm, hash }: Pipeline): Promise<number[]> {
  const { state } = await jsm.streams.info(streamName(hash, "out"));
  const positions: number[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const found = await jsm.streams.getMessage(streamName(hash, "out"), { seq });
    if (found) positions.push(Number(found.header.get("Gf-Watermark")));
  }
  return positions;
}

serviceTest(
  "a full stream holds a publisher up, in order, until there is room",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async (pipeline) => {
        const { js, jsm, hash } = pipeline;
        const told: boolean[] = [];
        const publisher = new OrderedPublisher(js, edgeSubject(hash, "out", 0), forever, (active, error) => {
          if (active) assert.ok(error instanceof StreamFull);
          told.push(active);
        });
        const large = "x".repeat(3_000);
        const sending = (async () => {
          for (let i = 0; i < 4; i++) await publisher.publish(message(i, large));
        })();
        await until(() => told.length === 1, "the publisher says that it waits");
        assert.deepEqual(await stored(pipeline), [0, 1]);
        await assert.rejects(publish(js, edgeSubject(hash, "out", 1), message(9, large)), StreamFull);
        await jsm.streams.update(streamName(hash, "out"), edgeStream(hash, "out", { maxBytes: -1 }));
        await sending;
        assert.deepEqual(told, [true, false]);
        assert.deepEqual(await stored(pipeline), [0, 1, 2, 3]);
      }, { out: 8_000 })
    ),
);

serviceTest(
  "a missing stream is waited for; only the signal ends a publish",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async (pipeline) => {
        const { js, jsm, hash } = pipeline;
        await jsm.streams.delete(streamName(hash, "out"));
        await assert.rejects(publish(js, edgeSubject(hash, "out", 0), message(0)), (error) => {
          assert.ok(error instanceof Unavailable);
          assert.match(error.message, /was it deleted/);
          return true;
        });
        let waiting = false;
        const sent = new OrderedPublisher(js, edgeSubject(hash, "out", 0), forever, (active) => waiting = active)
          .publish(message(0));
        await until(() => waiting, "the publisher waits");
        await ensureStream(jsm, edgeStream(hash, "out", { maxBytes: -1 }));
        await sent;
        const stop = new AbortController();
        await jsm.streams.delete(streamName(hash, "out"));
        const given = new OrderedPublisher(js, edgeSubject(hash, "out", 0), stop.signal).publish(message(1));
        stop.abort(new RangeError("drained"));
        await assert.rejects(given, RangeError);
      })
    ),
);

serviceTest(
  "only the first message of a subject is taken where that is asked",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async ({ js, hash }) => {
        const subject = edgeSubject(hash, "out", 0);
        await publish(js, subject, message(0), { onlyFirst: true });
        await assert.rejects(publish(js, subject, message(0), { onlyFirst: true }), AlreadyPublished);
      })
    ),
);

serviceTest(
  "a server that dies and comes back holds all that was sent, in order",
  ["nats"],
  () =>
    withNats((first) =>
      withPipeline(first, async (pipeline) => {
        const { js, hash } = pipeline;
        let sent = 0;
        const publisher = new OrderedPublisher(js, edgeSubject(hash, "out", 0), forever);
        const sending = (async () => {
          for (let i = 0; i < 60; i++) {
            await publisher.publish(message(i));
            sent++;
          }
        })();
        await until(() => sent >= 10, "some are sent");
        await first.kill();
        const second = await first.restart();
        try {
          await sending;
          const positions = await stored(pipeline);
          assert.deepEqual([...new Set(positions)], Array.from({ length: 60 }, (_, i) => i));
          assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
        } finally {
          await second.stop();
        }
      }, { keep: true }), { isolated: true }),
);

serviceTest(
  "a stream whose limit is lowered below what it holds drops nothing and takes nothing more",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async (pipeline) => {
        const { js, jsm, hash } = pipeline;
        for (let i = 0; i < 4; i++) await publish(js, edgeSubject(hash, "out", 0), message(i, "x".repeat(3_000)));
        await ensureStream(jsm, edgeStream(hash, "out", { maxBytes: 4_000 }));
        assert.deepEqual(await stored(pipeline), [0, 1, 2, 3]);
        await assert.rejects(publish(js, edgeSubject(hash, "out", 0), message(4)), StreamFull);
      })
    ),
);
