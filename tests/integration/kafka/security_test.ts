/** Every mechanism and protocol against the real broker, with both clients; and what is said when the brokers refuse. */
import assert from "node:assert/strict";
import { KAFKA_CLIENTS, type KafkaSettings } from "../../../runtime/kafka/mod.ts";
import { type Kafka, startKafka } from "../../services/kafka.ts";
import { type Certificates, makeCertificates } from "../../services/kafka_security.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { Member, settingsFor } from "./bed.ts";

const USER = { name: "alice", password: "alice-secret" };
const ACCOUNT = { username: USER.name, password: USER.password };

async function withSecureKafka(use: (kafka: Kafka, certificates: Certificates) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kafka-certificates-" });
  try {
    const certificates = await makeCertificates(folder);
    const kafka = await startKafka({ security: { users: [USER], certificates, clientAuth: "required" } });
    try {
      await createTopic(kafka, "letters", 1);
      await kafka.produce("letters", ["a", "b"]);
      await use(kafka, certificates);
    } finally {
      await kafka.stop();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

serviceTest(
  "each protocol and mechanism that is offered is read, by both clients",
  ["kafka"],
  () =>
    withSecureKafka(async (kafka, { authority, client: own }) => {
      const tls = { rootCa: authority };
      const mutual = { clientCertificate: own.certificate, clientKey: own.key };
      const ways: [name: string, settings: Partial<KafkaSettings>][] = [
        ["mutual TLS", { protocol: "SSL", ...tls, ...mutual }],
        ["mutual TLS, PEM in base64", { protocol: "SSL", rootCa: btoa(authority), ...mutual }],
        ["mutual TLS, unverified", { protocol: "SSL", ...mutual, skipVerification: true }],
        ["PLAIN", { protocol: "SASL_PLAINTEXT", mechanism: "PLAIN", ...ACCOUNT }],
        ["SCRAM-SHA-256", { protocol: "SASL_PLAINTEXT", mechanism: "SCRAM-SHA-256", ...ACCOUNT }],
        ["SCRAM-SHA-512 over TLS", { protocol: "SASL_SSL", mechanism: "SCRAM-SHA-512", ...ACCOUNT, ...tls }],
        ["PLAIN over TLS, unverified", {
          protocol: "SASL_SSL",
          mechanism: "PLAIN",
          ...ACCOUNT,
          skipVerification: true,
        }],
      ];
      for (const client of KAFKA_CLIENTS) {
        for (const [name, more] of ways) {
          const settings = settingsFor(kafka, "letters", {
            client,
            brokers: [kafka.broker(more.protocol)],
            groupId: `${client} ${name}`.replaceAll(/\W+/g, "-"),
            ...more,
          });
          const member = await Member.join(settings);
          await member.until(({ seen, reason }) => seen.length >= 2 || reason !== null);
          assert.deepEqual([member.reason, member.values()], [null, ["a", "b"]], `${client}, ${name}`);
          await member.leave();
        }
      }
    }),
);

serviceTest(
  "refusals are said in words, and never with a secret",
  ["kafka"],
  () =>
    withSecureKafka(async (kafka, { authority }) => {
      const wrong = { username: USER.name, password: "wrong-secret" };
      const ways: [expected: RegExp, settings: Partial<KafkaSettings>][] = [
        [/refuse user alice with PLAIN/, { protocol: "SASL_PLAINTEXT", mechanism: "PLAIN", ...wrong }],
        [/refuse user alice with SCRAM-SHA-512/, { protocol: "SASL_PLAINTEXT", mechanism: "SCRAM-SHA-512", ...wrong }],
        [/certificate .* not accepted .*root_ca/, { protocol: "SASL_SSL", mechanism: "PLAIN", ...ACCOUNT }],
        // A client certificate is asked for and not given.
        [/certificate|no broker answers/, { protocol: "SSL", rootCa: authority }],
        [/no broker answers at .*|ask for TLS/, { protocol: "PLAINTEXT", brokers: [kafka.broker("SASL_SSL")] }],
        [/no broker answers at 127\.0\.0\.1:1:/, { brokers: ["127.0.0.1:1"] }],
      ];
      for (const client of KAFKA_CLIENTS) {
        for (const [expected, more] of ways) {
          const member = await Member.join(
            settingsFor(kafka, "letters", { client, brokers: [kafka.broker(more.protocol)], ...more }),
          );
          await member.until(({ reasons }) => reasons.length > 0);
          assert.match(member.reasons[0], expected, client);
          assert.doesNotMatch(member.reasons.join(), /secret/);
          await member.leave();
        }
      }
    }),
);
