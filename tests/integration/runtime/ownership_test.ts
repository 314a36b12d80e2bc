import assert from "node:assert/strict";
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { FencedOut, Unavailable } from "../../../runtime/errors.ts";
import { bucketName } from "../../../runtime/nats/names.ts";
import { CasRecord } from "../../../runtime/nats/record.ts";
import { openBucket } from "../../../runtime/nats/streams.ts";
import { claim, type OwnerRecord } from "../../../runtime/ownership.ts";
import { serviceTest, withNats } from "../../services/mod.ts";
import { until, withPipeline } from "./bed.ts";

const forever = new AbortController().signal;

serviceTest(
  "of many writers on one revision exactly one wins, and each learns which",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async ({ kv }) => {
        const records = Array.from({ length: 8 }, () => new CasRecord<{ by: number }>(kv, "k"));
        const first = await Promise.all(records.map((record, by) => record.write({ by }, 0)));
        const winner = first.findIndex((written) => written !== null);
        assert.equal(first.filter((written) => written !== null).length, 1);
        const now = await records[0].read();
        assert.equal(now!.value.by, winner);
        const second = await Promise.all(records.map((record, by) => record.write({ by }, now!.revision)));
        assert.equal(second.filter((written) => written !== null).length, 1);
      })
    ),
);

serviceTest(
  "a second owner gets the next epoch; the first is fenced at its next write and keeps nothing",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async ({ kv }) => {
        const record = () => new CasRecord<OwnerRecord>(kv, "owner.transform.0");
        const first = await claim(record(), "a", forever);
        await first.note({ fileId: "f" });
        const kept = first.keep(forever, 50);
        await until(() => first.value.beat > 1, "the first owner renews");
        const second = await claim(record(), "b", forever);
        assert.deepEqual([second.epoch, second.value.fileId], [2, "f"]);
        await assert.rejects(kept, FencedOut);
        await assert.rejects(first.note({ fileId: "g" }), FencedOut);
        const stop = new AbortController();
        const held = second.keep(stop.signal, 50);
        await until(() => second.value.beat > 2, "the second owner renews");
        stop.abort();
        await held;
        assert.equal((await record().read())!.value.fileId, "f");
      })
    ),
);

serviceTest(
  "a lease outlives its server's absence",
  ["nats"],
  () =>
    withNats((first) =>
      withPipeline(first, async ({ nc, hash }) => {
        const kv = await new Kvm(jetstream(nc, { timeout: 500 })).open(bucketName(hash));
        const lease = await claim(new CasRecord<OwnerRecord>(kv, "owner.transform.0"), "a", forever);
        const stop = new AbortController();
        const kept = lease.keep(stop.signal, 100);
        await first.kill();
        await assert.rejects(lease.renew(), Unavailable);
        const second = await first.restart();
        try {
          const { beat } = lease.value;
          await until(() => lease.value.beat > beat, "the lease is renewed again");
          assert.equal(lease.epoch, 1);
          stop.abort();
          await kept;
        } finally {
          await second.stop();
        }
      }, { keep: true }), { isolated: true }),
);

serviceTest(
  "a bucket that is gone is no lost ownership, and one made anew is",
  ["nats"],
  () =>
    withNats((server) =>
      withPipeline(server, async ({ kv, nc, jsm, hash }) => {
        const lease = await claim(new CasRecord<OwnerRecord>(kv, "owner.transform.0"), "a", forever);
        await jsm.streams.delete(`KV_gf-${hash}`);
        await assert.rejects(lease.renew(), Unavailable);
        await openBucket(nc, hash);
        await assert.rejects(lease.renew(), FencedOut);
      })
    ),
);
