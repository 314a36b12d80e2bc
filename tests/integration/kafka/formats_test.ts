/** Avro, Protobuf and a registry's JSON from the real broker to the table: evolution by schema id, and what cannot be read. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import avsc from "avsc";
import kafkajs from "kafkajs";
import protobuf from "protobufjs";
import { apiRequest, connectionParams, runSql, waitFor } from "../../../cli/client.ts";
import type { System } from "../../../cli/system.ts";
import { framed } from "../../../pipeline/formats/bed_test_support.ts";
import { type Kafka, startKafka } from "../../services/kafka.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { SchemaRegistryServer } from "../../services/schema_registry.ts";
import { withSystem } from "../../system/bed.ts";

const WAIT_MS = 60_000;
const FIRST = { type: "record", name: "Payment", fields: [{ name: "id", type: "string" }, { name: "n", type: "int" }] };
const SECOND = {
  type: "record",
  name: "Payment",
  fields: [{ name: "added", type: "string" }, { name: "n", type: "long" }, { name: "id", type: "string" }],
};
const WITHOUT_N = { type: "record", name: "Payment", fields: [{ name: "id", type: "string" }] };
const PROTO = 'syntax = "proto3"; message Payment { string id = 1; int64 n = 2; }';
const avro = (schema: unknown, value: unknown) => avsc.Type.forSchema(schema as avsc.Schema).toBuffer(value as never);
const proto = (value: Record<string, unknown>) =>
  protobuf.parse(PROTO, { keepCase: true }).root.lookupType("Payment").encode(value).finish();

async function send(kafka: Kafka, topic: string, values: readonly Uint8Array[]): Promise<void> {
  const { Kafka: Client, Partitioners, logLevel } = kafkajs;
  const producer = new Client({ clientId: "test", brokers: [kafka.broker()], logLevel: logLevel.NOTHING })
    .producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value: Buffer.from(value) })) });
  await producer.disconnect();
}

async function create(system: System, kafka: Kafka, id: string, source: Record<string, unknown>): Promise<void> {
  await createTopic(kafka, id, 1);
  await runSql(system.clickhouse, `CREATE TABLE \`${id}\` (id String, n Int64) ENGINE = MergeTree ORDER BY id`);
  await apiRequest(system.apiUrl, "POST", "/api/v1/pipeline", {
    version: "v3",
    pipeline_id: id,
    name: id,
    sources: [{
      type: "kafka",
      source_id: "events",
      topic: id,
      connection_params: { brokers: [kafka.broker()], protocol: "PLAINTEXT", mechanism: "NO_AUTH" },
      ...source,
    }],
    sink: {
      type: "clickhouse",
      connection_params: connectionParams(system.clickhouse),
      table: id,
      max_delay_time: "100ms",
      mapping: [["id", "String"], ["n", "Int64"]].map(([name, column_type]) => ({
        name,
        column_name: name,
        column_type,
      })),
    },
  });
}

async function rows(system: System, id: string, count: number): Promise<string> {
  const read = async () => (await runSql(system.clickhouse, `SELECT id, n FROM \`${id}\` ORDER BY id`)).trim();
  return await waitFor(
    read,
    (text) => text.split("\n").length >= count && text !== "",
    WAIT_MS,
    `${count} rows in ${id}`,
  );
}

interface Letter {
  readonly error: string;
  readonly original_message: string;
}

async function letters(system: System, id: string, count: number): Promise<Letter[]> {
  const read = async () =>
    (await apiRequest(system.apiUrl, "GET", `/api/v1/pipeline/${id}/dlq/consume?batch_size=100`) ?? []) as Letter[];
  const all: Letter[] = [];
  await waitFor(
    async () => all.push(...await read()),
    (length) => length >= count,
    WAIT_MS,
    `${count} dead letters of ${id}`,
  );
  return all;
}

serviceTest(
  "avro, protobuf and json by schema id reach the table; what cannot be read is a dead letter",
  ["kafka"],
  async () => {
    const kafka = await startKafka();
    const registry = new SchemaRegistryServer({ key: "me", secret: "mine" });
    try {
      await withSystem({}, async ({ system }) => {
        registry.register("payments-value", 1, { schema: JSON.stringify(FIRST) });
        registry.register("payments-value", 2, { schema: JSON.stringify(SECOND) });
        registry.register("payments-value", 3, { schema: JSON.stringify(WITHOUT_N) });
        registry.register("proto-value", 4, { schema: PROTO, schemaType: "PROTOBUF" });
        const schema_registry = { url: registry.url, api_key: "me", api_secret: "mine" };

        const seed = { format: "avro", schema: { file: JSON.stringify(FIRST) }, schema_version: "1" };
        await create(system, kafka, "avro-registry", { ...seed, schema_registry });
        registry.failing = 503; // the records wait for their schema
        const incompatible = framed(3, avro(WITHOUT_N, { id: "x" }));
        const broken = framed(1, Uint8Array.of(6));
        await send(kafka, "avro-registry", [
          framed(1, avro(FIRST, { id: "a", n: 1 })),
          framed(2, avro(SECOND, { added: "new", id: "b", n: 2 ** 40 })),
          incompatible,
          framed(99, avro(FIRST, { id: "y", n: 3 })),
          broken,
          framed(1, avro(FIRST, { id: "c", n: 4 })),
        ]);
        await waitFor(
          () => apiRequest(system.apiUrl, "GET", "/api/v1/pipeline/avro-registry/health"),
          (health) => /schema registry .* answers 503/.test((health as { reason?: string }).reason ?? ""),
          WAIT_MS,
          "the pipeline to tell that it waits for the registry",
        );
        registry.failing = null;
        assert.equal(await rows(system, "avro-registry", 3), `a\t1\nb\t${2 ** 40}\nc\t4`);
        const dead = await letters(system, "avro-registry", 3);
        assert.deepEqual(dead.map(({ error }) => error), [
          "schema 3 is incompatible: field n from previous schema is missing in the new schema",
          "schema not found: the registry has no schema with id 99",
          "undecodable at byte 1 of the payload: it ends too early",
        ]);

        await create(system, kafka, "proto-inline", {
          format: "protobuf",
          schema: { file: PROTO, message_type: "Payment" },
        });
        await send(kafka, "proto-inline", [
          framed(0, Uint8Array.of(0), proto({ id: "p", n: 5 })),
          framed(0, Uint8Array.of(2, 9)),
        ]);
        assert.equal(await rows(system, "proto-inline", 1), "p\t5");
        assert.match((await letters(system, "proto-inline", 1))[0].error, /its message is not in the schema/);

        await create(system, kafka, "json-registry", {
          schema_registry,
          schema_version: "7",
          schema_fields: [{ name: "id", type: "string" }, { name: "n", type: "int" }],
        });
        registry.register("json-value", 8, {
          schemaType: "JSON",
          schema:
            '{"type":"object","properties":{"id":{"type":"string"},"n":{"type":"integer"},"m":{"type":"string"}}}',
        });
        const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
        await send(kafka, "json-registry", [
          framed(7, json({ id: "j", n: 1 })),
          framed(8, json({ id: "k", n: 2, m: "" })),
        ]);
        assert.equal(await rows(system, "json-registry", 2), "j\t1\nk\t2");
      });
    } finally {
      await registry.close();
      await kafka.stop();
    }
  },
);
