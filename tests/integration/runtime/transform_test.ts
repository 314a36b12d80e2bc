import assert from "node:assert/strict";
import { FencedOut } from "../../../runtime/errors.ts";
import { edgeStream } from "../../../runtime/nats/streams.ts";
import { edgeSubject, streamName } from "../../../runtime/nats/names.ts";
import { StateVolumeFull } from "../../../runtime/state/errors.ts";
import { openStateFile } from "../../../runtime/state/mod.ts";
import { serviceTest } from "../../services/mod.ts";
import { until } from "./bed.ts";
import { Effects } from "./effects.ts";
import { type TransformBed, withTransform } from "./transform_bed.ts";

const HOUR = 3_600_000;

serviceTest(
  "duplicates within and across frames and starts are left out, and every row has a fate",
  ["nats"],
  () =>
    withTransform(HOUR, async (bed) => {
      await bed.send("a", "b", "a", "drop 1");
      await bed.send("b", "c", "bad 1", "bad 1");
      await bed.finish(bed.start());
      await bed.send("c", "d");
      await bed.finish(bed.start());
      assert.deepEqual(await bed.received(), { texts: ["a", "b", "c", "d"], filtered: 1, deduplicated: 3, dead: 2 });
      const file = openStateFile(bed.stateFile, { epoch: 99, newFileId: "none" });
      assert.deepEqual(file.ledger(), { accepted: 10, emitted: 4, filtered: 1, deduplicated: 3, dead: 2 });
      assert.deepEqual(file.pendingOutbox(), []);
      file.close();
    }),
);

// With state the input is acknowledged before the output is published: on a slow edge a crash falls into the drain.
for (const [window, delayMs] of [[HOUR, 0], [HOUR, 100], [null, 0]] as const) {
  const kind = `${window === null ? "without" : "with"} state${delayMs > 0 ? " on a slow edge" : ""}`;
  serviceTest(
    `a crash after any effect of a transform ${kind} loses nothing and doubles nothing`,
    ["nats"],
    () =>
      withTransform(window, async (bed) => {
        const expected: string[] = [];
        let rounds = 0;
        for (let last = 1;; last++, rounds++) {
          await bed.send(`a${rounds}`, `b${rounds}`);
          await bed.send(`bad ${rounds}`, `c${rounds}`, "drop");
          await bed.send(`drop ${rounds}`);
          expected.push(`a${rounds}`, `b${rounds}`, `c${rounds}`);
          const effects = new Effects(last, delayMs);
          const first = bed.start({ effects });
          const ended = first.running.catch((error) => assert.ok(error instanceof FencedOut, String(error)));
          await until(
            async () => effects.stopped.signal.aborted || await bed.pipeline.depth("in") === 0,
            "it crashes or is done",
          );
          if (!effects.stopped.signal.aborted) first.drain();
          await Promise.race([ended, effects.crash]); // it may still crash in its last effects
          if (!effects.stopped.signal.aborted) break;
          // The heir. What is left of the first would try to publish for ever; it finds itself fenced.
          await bed.finish(bed.start());
          await ended;
        }
        assert.ok(rounds >= 3, `only ${rounds} effects were seen`);
        const found = await bed.received();
        assert.deepEqual(found.texts, expected);
        assert.deepEqual([found.filtered, found.dead, found.deduplicated], [2 * (rounds + 1), rounds + 1, 0]);
      }),
  );
}

serviceTest(
  "a full output edge holds the stage up; what is committed is published when there is room",
  ["nats"],
  () =>
    withTransform(HOUR, async (bed) => {
      const texts = Array.from({ length: 6 }, (_, i) => String(i).repeat(2_000));
      for (const text of texts) await bed.send(text);
      const transform = bed.start();
      await until(() => transform.states.at(-1)?.state === "waiting", "the stage waits");
      assert.match(transform.states.at(-1)!.reason!, /full/);
      const { jsm, hash } = bed.pipeline;
      await jsm.streams.update(streamName(hash, "out"), edgeStream(hash, "out", { maxBytes: -1 }));
      await bed.finish(transform);
      assert.deepEqual((await bed.received()).texts, texts);
    }, { out: 8_000 }),
);

serviceTest(
  "a second owner takes over at once; the first ends as fenced",
  ["nats"],
  () =>
    withTransform(HOUR, async (bed) => {
      await bed.send("a");
      const first = bed.start();
      const fenced = assert.rejects(first.running, FencedOut);
      await until(async () => await bed.pipeline.depth("in") === 0, "the first owner works");
      const second = bed.start();
      await bed.send("a", "b");
      await fenced;
      await bed.finish(second);
      assert.deepEqual(await bed.received(), { texts: ["a", "b"], filtered: 0, deduplicated: 1, dead: 0 });
    }),
);

serviceTest(
  "a commit that fails while nothing else comes is tried again, and said",
  ["nats"],
  () =>
    withTransform(HOUR, async (bed) => {
      let failures = 0;
      const fail = {
        commitFrames: () => {
          failures++;
          throw new StateVolumeFull("shard-0.sqlite");
        },
      };
      await bed.send("a");
      const first = bed.start({ fail });
      const fenced = assert.rejects(first.running, FencedOut);
      await until(() => failures >= 2, "a second session has tried again");
      assert.match(first.states.find(({ state }) => state === "waiting")!.reason!, /enlarge the volume/);
      await bed.finish(bed.start());
      await fenced;
      assert.deepEqual((await bed.received()).texts, ["a"]);
    }),
);

serviceTest(
  "a state file that is not the shard's blocks instead of starting empty",
  ["nats"],
  () =>
    withTransform(HOUR, async (bed: TransformBed) => {
      await bed.send("a");
      await bed.finish(bed.start());
      await Deno.remove(bed.stateFile);
      await bed.send("a");
      const transform = bed.start();
      await until(() => transform.states.at(-1)?.state === "blocked", "the shard is blocked");
      assert.match(transform.states.at(-1)!.reason!, /is not there/);
      transform.drain();
      await transform.running;
      assert.deepEqual((await bed.received()).texts, ["a"]);
    }),
);

serviceTest(
  "a damaged frame blocks the shard; what came before it goes on, nothing is skipped",
  ["nats"],
  () =>
    withTransform(HOUR, async (bed) => {
      const { js, hash } = bed.pipeline;
      await bed.send("a");
      await js.publish(edgeSubject(hash, "in", 0), new Uint8Array([1, 2, 3]));
      await bed.send("b");
      const transform = bed.start();
      await until(() => transform.states.at(-1)?.state === "blocked", "the shard is blocked");
      await until(async () => (await bed.received()).texts.length === 1, "the frame before it is on the edge");
      transform.drain();
      await transform.running;
      assert.deepEqual((await bed.received()).texts, ["a"]);
      assert.equal(await bed.pipeline.depth("in"), 2);
    }),
);
