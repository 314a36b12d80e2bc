/** GSSAPI: a real KDC, the real broker, the system's library. */
import assert from "node:assert/strict";
import { KAFKA_CLIENTS, type KafkaSettings } from "../../../runtime/kafka/mod.ts";
import { findGssapi } from "../../../runtime/kafka/security/gssapi_library.ts";
import { startKafka } from "../../services/kafka.ts";
import { makeCertificates } from "../../services/kafka_security.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { startKdc } from "../../services/kdc.ts";
import { serviceTest } from "../../services/mod.ts";
import { Member, settingsFor } from "./bed.ts";

serviceTest("a keytab's key opens the topic, over SASL_PLAINTEXT and SASL_SSL; a wrong one does not", [
  "kafka",
  "kdc",
], async () => {
  const folder = await Deno.makeTempDir({ prefix: "kafka-certificates-" });
  const kdc = await startKdc();
  try {
    const certificates = await makeCertificates(folder);
    const principal = `kafka/127.0.0.1@${kdc.realm}`;
    const broker = await kdc.addPrincipal(principal);
    const alice = await kdc.addPrincipal("alice");
    const stranger = await kdc.addPrincipal("stranger");
    const kafka = await startKafka({
      security: {
        users: [],
        certificates,
        clientAuth: "none",
        kerberos: { principal, keytabFile: broker.file, configFile: kdc.configFile },
      },
    });
    try {
      await createTopic(kafka, "letters", 1);
      await kafka.produce("letters", ["a", "b"]);
      const settings = (
        client: KafkaSettings["client"],
        protocol: "SASL_PLAINTEXT" | "SASL_SSL",
        more: Partial<NonNullable<KafkaSettings["kerberos"]>> = {},
      ) =>
        settingsFor(kafka, "letters", {
          client,
          brokers: [kafka.broker(protocol)],
          protocol,
          mechanism: "GSSAPI",
          groupId: `letters-${client}-${protocol}`,
          rootCa: certificates.authority,
          kerberos: {
            library: findGssapi() ?? "",
            service: "kafka",
            realm: kdc.realm,
            user: "alice",
            keytab: alice.base64,
            config: kdc.config,
            ...more,
          },
        });
      const before = Deno.env.get("KRB5_CONFIG");
      for (const client of KAFKA_CLIENTS) {
        for (const protocol of ["SASL_PLAINTEXT", "SASL_SSL"] as const) {
          const member = await Member.join(settings(client, protocol));
          await member.until(({ seen, reason }) => seen.length >= 2 || reason !== null);
          assert.deepEqual([member.reason, member.values()], [null, ["a", "b"]], `${client}, ${protocol}`);
          await member.leave();
        }
        for (
          const [more, expected] of [
            // The keytab has no key of this name.
            [{ keytab: stranger.base64 }, /Kerberos login to kafka\/127\.0\.0\.1@GLASSFLOW\.TEST failed: /],
            [{ service: "other" }, /Kerberos login to other\/127\.0\.0\.1@GLASSFLOW\.TEST failed: .*not found/],
          ] as const
        ) {
          const refused = await Member.join(settings(client, "SASL_PLAINTEXT", more));
          await refused.until(({ reasons }) => reasons.length > 0);
          assert.match(refused.reasons[0], expected, client);
          assert.equal(refused.reasons.join().includes(stranger.base64.slice(0, 16)), false);
          await refused.leave();
        }
      }
      assert.equal(Deno.env.get("KRB5_CONFIG"), before);
    } finally {
      await kafka.stop();
    }
  } finally {
    await kdc.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
