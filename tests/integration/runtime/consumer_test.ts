import assert from "node:assert/strict";
import { ConsumerBroken, FencedOut } from "../../../runtime/errors.ts";
import { MalformedFrame } from "../../../runtime/frame.ts";
import {
  deliveries,
  type Delivery,
  type ShardConsumerOptions,
  takeOverConsumer,
} from "../../../runtime/nats/consumer.ts";
import { consumerName, edgeSubject, streamName } from "../../../runtime/nats/names.ts";
import { serviceTest, withNats } from "../../services/mod.ts";
import { frameOf, type Pipeline, until, withPipeline } from "./bed.ts";

const options = ({ nc, js, jsm, hash }: Pipeline, epoch: number, ackWaitMs = 30_000): ShardConsumerOptions => ({
  nc,
  js,
  jsm,
  stream: streamName(hash, "out"),
  subject: edgeSubject(hash, "out", 0),
  stage: "sink",
  shard: 0,
  epoch,
  ackWaitMs,
});

/** Takes `count` deliveries and leaves the iteration open. */
async function take(iterator: AsyncIterator<Delivery>, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  while (taken.length < count) {
    const { value, done } = await iterator.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

async function start(pipeline: Pipeline, epoch: number, signal: AbortSignal, ackWaitMs?: number) {
  const chosen = options(pipeline, epoch, ackWaitMs);
  return deliveries(await takeOverConsumer(chosen), chosen, signal)[Symbol.asyncIterator]();
}

const withFrames = (count: number, use: (pipeline: Pipeline, stop: AbortController) => Promise<void>) => () =>
  withNats((server) =>
    withPipeline(server, async (pipeline) => {
      for (let i = 0; i < count; i++) await pipeline.send("out", 0, frameOf({ from: i, rows: 1 }));
      const stop = new AbortController();
      try {
        await use(pipeline, stop);
      } finally {
        stop.abort();
      }
    })
  );

serviceTest(
  "deliveries come in order and end with the signal, also when it was aborted before",
  ["nats"],
  withFrames(3, async (pipeline, stop) => {
    const iterator = await start(pipeline, 1, stop.signal);
    const taken = await take(iterator, 3);
    assert.deepEqual(taken.map((d) => [d.sequence, d.frame.watermark, d.pending]), [[1, 0, 2], [2, 1, 1], [3, 2, 0]]);
    for (const each of taken) each.ack();
    const last = iterator.next();
    stop.abort();
    assert.equal((await last).done, true);
    assert.equal((await (await start(pipeline, 1, stop.signal)).next()).done, true);
  }),
);

serviceTest(
  "a frame delivered again breaks the deliveries",
  ["nats"],
  withFrames(2, async (pipeline, stop) => {
    const iterator = await start(pipeline, 1, stop.signal, 300);
    await take(iterator, 2);
    await assert.rejects(take(iterator, 1), ConsumerBroken);
  }),
);

serviceTest(
  "a lost first delivery is a hole",
  ["nats"],
  withFrames(3, async (pipeline, stop) => {
    const chosen = options(pipeline, 1);
    const consumer = await takeOverConsumer(chosen);
    const first = await consumer.next(); // somebody else got it: for this session it is lost
    assert.equal(first!.seq, 1);
    await assert.rejects(take(deliveries(consumer, chosen, stop.signal), 1), ConsumerBroken);
  }),
);

serviceTest(
  "a damaged message is never skipped",
  ["nats"],
  withFrames(0, async (pipeline, stop) => {
    await pipeline.js.publish(edgeSubject(pipeline.hash, "out", 0), new Uint8Array([1, 2, 3]));
    await assert.rejects(take(await start(pipeline, 1, stop.signal), 1), MalformedFrame);
    assert.equal(await pipeline.depth("out"), 1);
  }),
);

serviceTest(
  "a newer owner fences, older consumers go, and their late acknowledgements are void",
  ["nats"],
  withFrames(3, async (pipeline, stop) => {
    const { jsm, hash } = pipeline;
    const old = await start(pipeline, 4, stop.signal);
    const [held] = await take(old, 1);
    const heir = await start(pipeline, 5, stop.signal);
    await assert.rejects(takeOverConsumer(options(pipeline, 4)), FencedOut);
    const names: string[] = [];
    for await (const { name } of jsm.consumers.list(streamName(hash, "out"))) names.push(name);
    assert.deepEqual(names, [consumerName("sink", 0, 5)]);
    held.ack();
    await pipeline.nc.flush();
    const taken = await take(heir, 3);
    assert.deepEqual(taken.map((d) => d.sequence), [1, 2, 3]);
    assert.equal(await pipeline.depth("out"), 3);
    for (const each of taken) each.ack();
    await until(async () => await pipeline.depth("out") === 0, "the heir's acknowledgements count");
  }),
);

serviceTest(
  "a consumer deleted under its owner breaks the deliveries",
  ["nats"],
  withFrames(1, async (pipeline, stop) => {
    const iterator = await start(pipeline, 1, stop.signal);
    await take(iterator, 1);
    const broken = assert.rejects(take(iterator, 1), ConsumerBroken);
    await pipeline.jsm.consumers.delete(streamName(pipeline.hash, "out"), consumerName("sink", 0, 1));
    await broken;
  }),
);

serviceTest(
  "a server that restarts breaks the deliveries; a new consumer starts at what is not acknowledged",
  ["nats"],
  () =>
    withNats((first) =>
      withPipeline(first, async (pipeline) => {
        const stop = new AbortController();
        for (let i = 0; i < 3; i++) await pipeline.send("out", 0, frameOf({ from: i, rows: 1 }));
        const iterator = await start(pipeline, 1, stop.signal);
        const [one] = await take(iterator, 3);
        one.ack();
        await until(async () => await pipeline.depth("out") === 2, "the acknowledgement has arrived");
        const next = take(iterator, 1);
        const broken = assert.rejects(next, ConsumerBroken);
        await first.kill();
        const second = await first.restart();
        try {
          await broken;
          assert.deepEqual((await take(await start(pipeline, 1, stop.signal), 2)).map((d) => d.sequence), [2, 3]);
          stop.abort();
        } finally {
          await second.stop();
        }
      }, { keep: true }), { isolated: true }),
);
