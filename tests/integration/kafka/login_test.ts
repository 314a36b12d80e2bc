/** Logins of our own through the whole system: sandboxed workers reach the token endpoint and the Kerberos library. */
import assert from "node:assert/strict";
import { runCheck } from "../../../cli/check/run.ts";
import { startKafka } from "../../services/kafka.ts";
import { checkBroker } from "../../services/kafka_producer.ts";
import { type BrokerSecurity, makeCertificates } from "../../services/kafka_security.ts";
import { startKdc } from "../../services/kdc.ts";
import { serviceTest } from "../../services/mod.ts";
import { startTokenServer } from "../../services/token_server.ts";
import { withSystem } from "../../system/bed.ts";

const ACCOUNT = { clientId: "etl", clientSecret: "etl-secret", audience: "kafka" };

/** A broker with these listeners, a system that logs in by these `connection_params`, and every event's fate. */
async function check(
  security: Pick<BrokerSecurity, "tokens" | "kerberos">,
  login: Readonly<Record<string, unknown>>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kafka-certificates-" });
  try {
    const certificates = await makeCertificates(folder);
    const kafka = await startKafka({ security: { users: [], certificates, clientAuth: "none", ...security } });
    try {
      const protocol = "SASL_SSL";
      const connection = { brokers: [kafka.broker(protocol)], protocol, root_ca: certificates.authority, ...login };
      await withSystem({}, async ({ system }) => {
        const broker = checkBroker(kafka, { connection });
        const result = await runCheck(system, {
          count: 500,
          seed: 7,
          timeoutMs: 120_000,
          kafka: broker,
          kafkaOnly: true,
        });
        assert.deepEqual([result.problems, result.ok], [[], true]);
      });
    } finally {
      await kafka.stop();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

serviceTest("a topic behind OAUTHBEARER reaches the table", ["kafka"], async () => {
  const tokens = startTokenServer(ACCOUNT);
  try {
    await check({ tokens: { jwks: tokens.jwks, issuer: tokens.issuer, audience: ACCOUNT.audience } }, {
      mechanism: "OAUTHBEARER",
      oauth_token_endpoint: tokens.tokenEndpoint,
      oauth_client_id: ACCOUNT.clientId,
      oauth_client_secret: ACCOUNT.clientSecret,
    });
  } finally {
    await tokens.stop();
  }
});

serviceTest("a topic behind GSSAPI reaches the table", ["kafka", "kdc"], async () => {
  const kdc = await startKdc();
  try {
    const principal = `kafka/127.0.0.1@${kdc.realm}`;
    const broker = await kdc.addPrincipal(principal);
    const alice = await kdc.addPrincipal("alice");
    await check({ kerberos: { principal, keytabFile: broker.file, configFile: kdc.configFile } }, {
      mechanism: "GSSAPI",
      username: "alice",
      kerberos_service_name: "kafka",
      kerberos_realm: kdc.realm,
      kerberos_keytab: alice.base64,
      kerberos_config: kdc.config,
    });
  } finally {
    await kdc.stop();
  }
});
