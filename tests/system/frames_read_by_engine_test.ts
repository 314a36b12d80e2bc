/** Every frame that a whole check publishes, on both edges, is a block that the real engine reads, with equal rows. */
import assert from "node:assert/strict";
import { runCheck } from "../../cli/check/run.ts";
import { readBlock, rowJson } from "../../pipeline/native/mod.ts";
import { comparable, Engine } from "../../pipeline/native/testing/engine.ts";
import { decodeFrame, type Frame } from "../../runtime/frame.ts";
import { withSystem } from "./bed.ts";

interface Published {
  readonly subject: string;
  readonly frame: Frame;
}

Deno.test("every frame published is read by the engine with equal rows", async () => {
  const published: Published[] = [];
  await withSystem({}, async ({ system }) => {
    const tap = system.nc.subscribe("gf.>", {
      callback: (error, message) => {
        assert.equal(error, null);
        // Requests without a payload are not frames.
        if (!message.headers?.has("Gf-Version")) return;
        const data = message.data.slice();
        published.push({
          subject: message.subject,
          frame: decodeFrame((name) => message.headers?.get(name) ?? "", data),
        });
      },
    });
    const result = await runCheck(system, { count: 1_200, seed: 7, timeoutMs: 60_000 });
    assert.deepEqual(result.problems, []);
    await system.nc.flush();
    tap.unsubscribe();
  });
  for (const edge of ["in", "out"]) {
    const rows = published.filter(({ subject }) => subject.split(".")[2] === edge).reduce(
      (n, { frame }) => n + frame.rows,
      0,
    );
    assert.ok(rows >= 1_200, `the edge ${edge} carried ${rows} rows`);
  }
  const engine = new Engine();
  try {
    for (const { subject, frame } of published.filter(({ frame }) => frame.rows > 0)) {
      const block = readBlock(frame.block);
      assert.equal(block.rows, frame.rows, subject);
      const ours = Array.from({ length: block.rows }, (_, row) => rowJson(block, row)).join("\n");
      const engines = await engine.text(`SELECT * FROM ${engine.table(frame.block)}`);
      assert.deepEqual(comparable(engines), comparable(ours), subject);
    }
  } finally {
    engine.close();
  }
});
