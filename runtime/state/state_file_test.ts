import fc from "fast-check";
import assert from "node:assert/strict";
import Database from "better-sqlite3";
import { FencedOut } from "../errors.ts";
import { frameOf } from "./crash_writer_test_support.ts";
import {
  FrameAlreadyCommitted,
  StateFileCorrupt,
  StateFileMissing,
  StateFileTooNew,
  StateVolumeFailed,
  StateVolumeFull,
} from "./errors.ts";
import { Fingerprints } from "./fingerprints.ts";
import { type OpenOptions, openStateFile, type StateFile } from "./state_file.ts";

function withFile(test: (path: string, open: (options?: Partial<OpenOptions>) => StateFile) => void): void {
  const directory = Deno.makeTempDirSync();
  const opened: StateFile[] = [];
  try {
    const path = `${directory}/shard-0.state`;
    test(path, (options = {}) => {
      const file = openStateFile(path, { epoch: 1, newFileId: "f1", ...options });
      opened.push(file);
      return file;
    });
  } finally {
    for (const file of opened) file.close();
    Deno.removeSync(directory, { recursive: true });
  }
}

const keys = (...values: number[]) => new Uint8Array(new Int32Array(values.flatMap((v) => [v, v, v, v])).buffer);
const output = (text: string) => ({ headers: { "Gf-Rows": "1" }, payload: new TextEncoder().encode(text) });

Deno.test("a commit makes mark, positions, keys, output and ledger durable together", () => {
  withFile((_path, open) => {
    const file = open();
    assert.equal(file.inMark("s1"), null);
    const seq = file.commitFrame({
      ...{ epoch: 1, inSequence: 7, inStream: "s1", positions: { "s1/0": 70 }, fingerprints: keys(1, 2), bucket: 999 },
      ...{ outbox: output("one"), ledger: { accepted: 3, deduplicated: 1 } },
    });
    assert.equal(seq, 1);
    assert.equal(file.commitFrame({ epoch: 1, inSequence: 8, inStream: "s1", ledger: { accepted: 1 } }), null);
    file.close();

    const again = open({ epoch: 2, newFileId: "other", expectedFileId: "f1" });
    assert.equal(again.fileId, "f1");
    assert.equal(again.inMark("s1"), 8);
    assert.equal(again.inMark("s2"), null);
    assert.equal(again.position("s1/0"), 70);
    assert.deepEqual(again.ledger(), { accepted: 4, deduplicated: 1 });
    assert.equal(again.fingerprintCount(), 2);
    const [stored] = again.fingerprints();
    assert.deepEqual([...stored.bytes], [...keys(1, 2)]);
    assert.equal(stored.bucket, 999);
    const [pending] = again.pendingOutbox();
    assert.equal(new TextDecoder().decode(pending.payload), "one");
    assert.deepEqual(pending.headers, { "Gf-Rows": "1" });
    // Outbox sequences go on after everything was deleted.
    assert.equal(again.deleteOutbox(2, 1), 1);
    assert.equal(again.commitFrame({ epoch: 2, inSequence: 9, outbox: output("two") }), 2);
    again.verify();
  });
});

Deno.test("an owner that was replaced can change nothing", () => {
  withFile((_path, open) => {
    const old = open({ epoch: 4 });
    old.commitFrame({ epoch: 4, inSequence: 1, outbox: output("a"), fingerprints: keys(1), bucket: 1 });
    const heir = open({ epoch: 5 });
    assert.throws(() => old.commitFrame({ epoch: 4, inSequence: 2, outbox: output("b") }), FencedOut);
    assert.throws(() => old.commitFrame({ epoch: 5, inSequence: 2 }), FencedOut);
    assert.throws(() => old.deleteOutbox(4, 1), FencedOut);
    assert.throws(() => old.expire(4, 100), FencedOut);
    assert.throws(() => old.commitFrames([], 1), FencedOut);
    assert.throws(() => heir.commitFrame({ epoch: 4, inSequence: 2 }), FencedOut);
    assert.throws(() => open({ epoch: 4 }), /epoch 5, not 4/);
    assert.equal(heir.inMark(), 1);
    assert.equal(heir.pendingOutbox().length, 1);
    assert.equal(heir.fingerprintCount(), 1);
    assert.equal(heir.commitFrame({ epoch: 5, inSequence: 2, outbox: output("b") }), 2);
  });
});

Deno.test("a group of frames is committed whole or not at all", () => {
  withFile((_path, open) => {
    const file = open();
    file.commitFrame({ epoch: 1, inSequence: 1, outbox: output("1") });
    const group = [2, 3, 3].map((inSequence) => ({
      epoch: 1,
      inSequence,
      outbox: output("x"),
      ledger: { accepted: 1 },
    }));
    assert.throws(() => file.commitFrames(group, 1), FrameAlreadyCommitted);
    assert.equal(file.inMark(), 1);
    assert.deepEqual(file.ledger(), {});
    assert.deepEqual(file.pendingOutbox().map(({ seq }) => seq), [1]);
    assert.deepEqual(file.commitFrames(group.slice(0, 2), 1), [2, 3]);
    assert.deepEqual(file.pendingOutbox().map(({ seq }) => seq), [2, 3]);
    assert.deepEqual(file.pendingOutbox(2, 1).map(({ seq }) => seq), [3]);
  });
});

Deno.test("expired buckets are deleted in bounded steps", () => {
  withFile((_path, open) => {
    const file = open();
    for (let n = 1; n <= 10; n++) {
      file.commitFrame({ epoch: 1, inSequence: n, fingerprints: keys(n), bucket: n * 1e12 });
    }
    assert.equal(file.expire(1, 6e12, 3), 3);
    assert.equal(file.expire(1, 6e12, 3), 2);
    assert.equal(file.expire(1, 6e12, 3), 0);
    assert.deepEqual([...file.fingerprints()].map(({ bucket }) => bucket), [6e12, 7e12, 8e12, 9e12, 10e12]);
    assert.deepEqual([...file.fingerprints(9e12)].length, 2);
  });
});

Deno.test("small blobs of a closed bucket are joined without losing a key", () => {
  withFile((_path, open) => {
    const file = open();
    for (let n = 1; n <= 10; n++) {
      file.commitFrame({ epoch: 1, inSequence: n, fingerprints: keys(n), bucket: n > 7 ? 2 : 1 });
    }
    file.commitFrame({ epoch: 1, inSequence: 11, fingerprints: new Uint8Array(32_000), bucket: 1 });
    assert.equal(file.compact(1, 2, 4), 4);
    while (file.compact(1, 2) > 0);
    const stored = [...file.fingerprints()];
    assert.deepEqual(stored.map(({ bytes, bucket }) => [bucket, bytes.length]), [
      ...[[1, 32_000], [1, 7 * 16]],
      ...[[2, 16], [2, 16], [2, 16]],
    ]);
    const joined = new Int32Array(Uint8Array.from(stored[1].bytes).buffer);
    assert.deepEqual(Array.from(joined).filter((_, i) => i % 4 === 0).toSorted(), [1, 2, 3, 4, 5, 6, 7]);
    assert.throws(() => file.compact(2, 3), FencedOut);
  });
});

Deno.test("a lost or mixed-up file is not replaced by an empty one", () => {
  withFile((path, open) => {
    assert.throws(() => open({ expectedFileId: "f0" }), StateFileMissing);
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    open().close();
    assert.throws(() => open({ expectedFileId: "f0" }), /should be f0, but is f1/);
    Deno.truncateSync(path, 0);
    assert.throws(() => open({ expectedFileId: "f1" }), /but is empty/);
  });
});

Deno.test("a damaged, foreign or newer file is refused with what to do", () => {
  withFile((path, open) => {
    Deno.writeTextFileSync(path, "this is no database, whatever its name says".repeat(100));
    assert.throws(() => open(), (error) => error instanceof StateFileCorrupt && /restore it/.test(error.message));
    Deno.removeSync(path);
    const foreign = new Database(path);
    foreign.exec("CREATE TABLE cats (name TEXT)");
    foreign.close();
    const before = Deno.readFileSync(path);
    assert.throws(() => open(), /another program/);
    assert.deepEqual(Deno.readFileSync(path), before);
    Deno.removeSync(path);
    open().close();
    const newer = new Database(path);
    newer.pragma("user_version = 2");
    newer.close();
    assert.throws(() => open(), (error) => error instanceof StateFileTooNew && /newer release/.test(error.message));
    assert.throws(
      () => openStateFile(`${path}/none/x.state`, { epoch: 1, newFileId: "x" }),
      (error) => error instanceof StateVolumeFailed || error instanceof TypeError,
    );
  });
});

Deno.test("damage inside the file is found", () => {
  withFile((path, open) => {
    const file = open();
    for (let n = 1; n <= 50; n++) {
      file.commitFrame({ epoch: 1, inSequence: n, fingerprints: new Uint8Array(8000), bucket: n });
    }
    file.close();
    const bytes = Deno.readFileSync(path);
    for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(0xa5, at, at + 100);
    Deno.writeFileSync(path, bytes);
    assert.throws(() => {
      const damaged = open();
      damaged.verify();
    }, StateFileCorrupt);
  });
});

Deno.test("a full volume changes nothing and can be tried again", () => {
  withFile((_path, open) => {
    const file = open({ maxBytes: 400_000 });
    let n = 0;
    const commit = () => {
      const payload = new Uint8Array(50_000);
      file.commitFrame({ epoch: 1, inSequence: n + 1, outbox: { headers: {}, payload }, ledger: { accepted: 1 } });
      n++;
    };
    assert.throws(() => {
      for (;;) commit();
    }, (error) => error instanceof StateVolumeFull && error.retryable);
    assert.ok(n > 2);
    assert.equal(file.inMark(), n);
    assert.deepEqual(file.ledger(), { accepted: n });
    assert.equal(file.pendingOutbox().length, n);
    file.deleteOutbox(1, n);
    commit();
    assert.equal(file.inMark(), n);
  });
});

Deno.test("after a kill at any moment marks, keys, outbox and ledger agree", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/shard.state`;
    for (let round = 1; round <= 3; round++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          new URL("crash_writer_test_support.ts", import.meta.url).pathname,
          path,
          `${round}`,
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let lines = "";
      const stop = round * 60 + Math.floor(Math.random() * 40); // any moment will do
      for await (const chunk of child.stdout) {
        lines += new TextDecoder().decode(chunk);
        if (lines.split("\n").length > stop) break;
      }
      child.kill("SIGKILL");
      await child.status;
      const reported = Number(lines.trimEnd().split("\n").at(-2));

      const file = openStateFile(path, { epoch: round, newFileId: "never", expectedFileId: "crash" });
      try {
        file.verify();
        const mark = file.inMark()!;
        assert.ok(mark >= reported, `mark ${mark} is behind the reported ${reported}`);
        assert.equal(mark % 2, 0, "half of a group was committed");
        assert.deepEqual(file.ledger(), { accepted: mark * (mark + 1) / 2 });
        const stored = [...file.fingerprints()];
        assert.deepEqual(stored.map(({ bucket }) => bucket), Array.from({ length: mark }, (_, i) => i + 1));
        for (const { bytes, bucket } of stored) assert.deepEqual(bytes, Buffer.from(frameOf(bucket).keys));
        const outbox = file.pendingOutbox();
        assert.equal(outbox.at(-1)!.seq, mark);
        assert.equal(file.outboxNext(), mark + 1);
        for (const [i, { seq, headers, payload }] of outbox.entries()) {
          assert.equal(seq, outbox[0].seq + i);
          assert.deepEqual(headers, frameOf(seq).headers);
          assert.deepEqual(payload, Buffer.from(frameOf(seq).payload));
        }
      } finally {
        file.close();
      }
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant("frame" as const),
    keys: fc.array(fc.nat(60), { maxLength: 8 }),
    pass: fc.nat(40_000),
    fails: fc.boolean(),
    output: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("restart" as const) }),
  fc.record({ kind: fc.constant("published" as const), share: fc.nat(3) }),
  fc.record({ kind: fc.constant("expire" as const), limit: fc.integer({ min: 1, max: 3 }) }),
);

Deno.test("table and file together behave as a plain map, through failed commits, restarts and expiry", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      withFile((_path, open) => {
        let epoch = 1;
        let file = open({ epoch });
        let table = new Fingerprints({ windowMs: 160_000 });
        const seen = new Map<number, number>(); // key → bucket of its first sight
        const outbox: number[] = [];
        let time = 1_700_000_000_000;
        let committed = 0;
        let nextOutput = 1;
        const accepted = { accepted: 0, deduplicated: 0 };
        for (const s of steps) {
          if (s.kind === "frame") {
            const bucket = Math.floor((time += s.pass) / 10_000);
            for (const [key, first] of seen) if (bucket - first > 16) seen.delete(key);
            table.begin();
            const fresh = s.keys.filter((k) => table.add(k, k, k, k, time));
            const expected = s.keys.filter((k, i) => !seen.has(k) && s.keys.indexOf(k) === i);
            assert.deepEqual(fresh, expected);
            const ledger = { accepted: s.keys.length, deduplicated: s.keys.length - fresh.length };
            const frame = {
              ...{ epoch, inSequence: committed + 1, ledger, outbox: s.output ? output("x") : null },
              ...{ fingerprints: table.pendingBytes(), bucket: table.bucketAt(time) },
            };
            try {
              const group = s.fails ? [frame, frame] : [frame]; // the second one fails, and with it both
              const [seq] = file.commitFrames(group);
              table.commit();
              assert.equal(seq, s.output ? nextOutput : null);
              if (s.output) outbox.push(nextOutput++);
              for (const k of fresh) seen.set(k, bucket);
              accepted.accepted += ledger.accepted;
              accepted.deduplicated += ledger.deduplicated;
              committed++;
            } catch (error) {
              if (!(error instanceof FrameAlreadyCommitted)) throw error;
              table.rollback();
            }
          } else if (s.kind === "restart") {
            file.close();
            file = open({ epoch: ++epoch });
            table = new Fingerprints({ windowMs: 160_000 });
            table.reserve(file.fingerprintCount());
            table.load(file.fingerprints());
            table.bucketAt(time);
          } else if (s.kind === "published") {
            const upTo = outbox[Math.floor(outbox.length * s.share / 3)] ?? 0;
            file.deleteOutbox(epoch, upTo);
            while (outbox.length > 0 && outbox[0] <= upTo) outbox.shift();
          } else {
            table.bucketAt(time);
            file.expire(epoch, table.expiredBefore, s.limit);
            file.compact(epoch, table.bucketAt(time), s.limit);
          }
          assert.equal(file.inMark() ?? 0, committed);
          assert.deepEqual(file.pendingOutbox().map(({ seq }) => seq), outbox);
          if (committed > 0) assert.deepEqual(file.ledger(), accepted);
        }
      });
    }),
    { numRuns: 20 },
  );
});
