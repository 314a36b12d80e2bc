/** What an ingest worker is told of its source, and where it may connect. */
import {
  type KafkaConnection,
  type KafkaSource,
  parseOauthExtensions,
  type PipelineConfig,
  pipelineHash,
} from "../../pipeline/config/mod.ts";
import { messageOf, OrchestratorRefuses } from "../errors.ts";
import { brokerAddresses, namedAddresses } from "../kafka/brokers.ts";
import type { KafkaClientName, KafkaSettings } from "../kafka/mod.ts";
import type { MskAccount } from "../kafka/security/msk_iam.ts";
import type { OAuthClient } from "../kafka/security/oauth_tokens.ts";
import type { Log } from "../log.ts";
import { hostAndPort } from "./permissions.ts";

/** Refuses what this release cannot read, before anything is made for the pipeline. */
export function refuseUnreadable({ connection_params, schema_registry }: KafkaSource): void {
  if (connection_params.mechanism === "GSSAPI") {
    throw new OrchestratorRefuses(
      "mechanism GSSAPI (Kerberos) is not available: use SCRAM-SHA-512, PLAIN or mutual TLS on another listener",
    );
  }
  if (schema_registry) {
    throw new OrchestratorRefuses("schema registries are not available yet: leave schema_registry out");
  }
}

export function kafkaSettings(config: PipelineConfig, replica: number, client: KafkaClientName): KafkaSettings {
  const source = config.sources[0] as KafkaSource;
  const { connection_params: connection } = source;
  refuseUnreadable(source);
  const hash = pipelineHash(config.pipeline_id);
  return {
    client,
    topic: source.topic,
    groupId: `glassflow-consumer-group-${hash}`,
    instanceId: `glassflow-${hash}-${replica}`,
    initial: source.consumer_group_initial_offset,
    brokers: connection.brokers,
    protocol: connection.protocol,
    mechanism: connection.mechanism as KafkaSettings["mechanism"],
    ...(connection.mechanism === "OAUTHBEARER" ? { oauth: oauthClient(connection) } : {}),
    ...(connection.mechanism === "AWS_MSK_IAM" ? { aws: mskAccount(connection) } : {}),
    username: connection.username,
    password: connection.password,
    rootCa: connection.root_ca,
    clientCertificate: connection.client_cert,
    clientKey: connection.client_key,
    skipVerification: connection.skip_tls_verification,
  };
}

function oauthClient(connection: KafkaConnection): OAuthClient {
  return {
    tokenEndpoint: connection.oauth_token_endpoint,
    clientId: connection.oauth_client_id,
    clientSecret: connection.oauth_client_secret,
    scope: connection.oauth_scope,
    audience: connection.oauth_audience,
    extensions: parseOauthExtensions(connection.oauth_extensions) ?? {},
  };
}

function mskAccount(connection: KafkaConnection): MskAccount {
  return {
    region: connection.aws_region,
    accessKeyId: connection.aws_access_key_id,
    secretAccessKey: connection.aws_secret_access_key,
    sessionToken: connection.aws_session_token,
  };
}

/** Asked before each start of a worker, since brokers come and go. */
export async function reachableBrokers(settings: KafkaSettings, log: Log): Promise<string[]> {
  const tokens = settings.oauth ? [hostAndPort(settings.oauth.tokenEndpoint)] : [];
  return [...tokens, ...await addresses(settings, log)];
}

async function addresses(settings: KafkaSettings, log: Log): Promise<string[]> {
  try {
    return await brokerAddresses(settings);
  } catch (error) {
    // The worker finds the same and says it in its status.
    log.warn({ topic: settings.topic, reason: messageOf(error) }, "the brokers' addresses could not be looked up");
    return namedAddresses(settings);
  }
}
