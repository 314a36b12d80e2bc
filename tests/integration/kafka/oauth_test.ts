/** OAUTHBEARER by client credentials: a token endpoint, tokens that the real broker verifies by the endpoint's keys. */
import assert from "node:assert/strict";
import { KAFKA_CLIENTS, type KafkaSettings } from "../../../runtime/kafka/mod.ts";
import { type Kafka, startKafka } from "../../services/kafka.ts";
import { makeCertificates } from "../../services/kafka_security.ts";
import { createTopic } from "../../services/kafka_producer.ts";
import { serviceTest } from "../../services/mod.ts";
import { startTokenServer, type TokenServer } from "../../services/token_server.ts";
import { Member, settingsFor } from "./bed.ts";

const ACCOUNT = { clientId: "etl", clientSecret: "etl-secret", audience: "kafka" };

interface Bed {
  readonly kafka: Kafka;
  readonly tokens: TokenServer;
  /** Settings of a client that logs in well, but for `oauth`. */
  settings(client: KafkaSettings["client"], oauth?: Partial<NonNullable<KafkaSettings["oauth"]>>): KafkaSettings;
}

async function withTokens(
  { lifeSeconds, properties }: { lifeSeconds?: number; properties?: Record<string, string> },
  use: (bed: Bed) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kafka-certificates-" });
  const tokens = startTokenServer({ ...ACCOUNT, lifeSeconds });
  let kafka: Kafka | null = null;
  try {
    const certificates = await makeCertificates(folder);
    const security = {
      users: [],
      certificates,
      clientAuth: "none" as const,
      tokens: { jwks: tokens.jwks, issuer: tokens.issuer, audience: ACCOUNT.audience },
    };
    const broker = kafka = await startKafka({ security, properties });
    await createTopic(kafka, "letters", 1);
    await kafka.produce("letters", ["a", "b"]);
    let groups = 0;
    await use({
      kafka,
      tokens,
      settings: (client, oauth) =>
        settingsFor(broker, "letters", {
          client,
          brokers: [broker.broker("SASL_SSL")],
          protocol: "SASL_SSL",
          mechanism: "OAUTHBEARER",
          groupId: `letters-${groups++}`,
          rootCa: certificates.authority,
          oauth: {
            ...ACCOUNT,
            tokenEndpoint: tokens.tokenEndpoint,
            scope: "read",
            audience: "",
            extensions: { logicalCluster: "lkc-1" },
            ...oauth,
          },
        }),
    });
  } finally {
    await kafka?.stop();
    await tokens.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

serviceTest(
  "tokens by client credentials, verified by the broker; refusals are said without a secret",
  ["kafka"],
  () =>
    withTokens({}, async ({ tokens, settings }) => {
      for (const client of KAFKA_CLIENTS) {
        const before = tokens.given;
        const member = await Member.join(settings(client));
        await member.until(({ seen, reason }) => seen.length >= 2 || reason !== null);
        assert.deepEqual([member.reason, member.values()], [null, ["a", "b"]], client);
        await member.leave();
        assert.equal(tokens.given, before + 1, "one token serves every connection");
        for (
          const [oauth, expected] of [
            [{ clientSecret: "wrong-secret" }, /token endpoint .* refuses client etl \(401, invalid_client\)/],
            [
              { tokenEndpoint: "http://127.0.0.1:1/token" },
              /token endpoint http:\/\/127\.0\.0\.1:1\/token cannot be reached/,
            ],
            // A good token, but not for this cluster.
            [{ audience: "billing" }, /the brokers refuse the token \(invalid_token\)/],
          ] as const
        ) {
          const refused = await Member.join(settings(client, oauth));
          await refused.until(({ reasons }) => reasons.length > 0);
          assert.match(refused.reasons[0], expected, client);
          assert.doesNotMatch(refused.reasons.join(), /-secret|eyJ/);
          await refused.leave();
        }
        // Any broker but Amazon's: the token arrives, and is refused as one.
        const amazon = await Member.join({
          ...settings(client),
          mechanism: "AWS_MSK_IAM",
          aws: { region: "eu-west-1", accessKeyId: "AKIA1", secretAccessKey: "aws-secret", sessionToken: "" },
        });
        await amazon.until(({ reasons }) => reasons.length > 0);
        assert.match(amazon.reasons[0], /refuse the token \(invalid_token\): check aws_access_key_id/, client);
        await amazon.leave();
      }
    }),
);

/** Seconds; kafkajs logs in again ten seconds before a session ends, and brokers refuse that within a second. */
const LIFE = { platformatic: 5, kafkajs: 22 } as const;

for (const client of KAFKA_CLIENTS) {
  serviceTest(`${client}: a connection outlives its token, it logs in again with another`, ["kafka"], () =>
    withTokens(
      { lifeSeconds: LIFE[client], properties: { "connections.max.reauth.ms": "60000" } },
      async ({ kafka, tokens, settings }) => {
        const member = await Member.join(settings(client));
        await member.until(({ seen, reason }) => seen.length >= 2 || reason !== null);
        const { given } = tokens;
        const written = ["a", "b"];
        for (let after = 0; after < 2; after += tokens.given > given ? 1 : 0) {
          written.push(String(written.length));
          await kafka.produce("letters", written.slice(-1));
          await member.until(({ seen, reason }) => seen.length >= written.length || reason !== null);
          assert.deepEqual(member.reasons, []);
        }
        assert.deepEqual(member.values(), written);
        await member.leave();
      },
    ));
}
