/** What an ingest worker is told of its source, and where it may connect. */
import {
  type KafkaConnection,
  type KafkaSource,
  parseOauthExtensions,
  type PipelineConfig,
  pipelineHash,
} from "../../pipeline/config/mod.ts";
import { OrchestratorRefuses } from "../errors.ts";
import { isForbiddenAddress } from "../discovery/allow_list.ts";
import { brokerAddresses, namedAddresses } from "../kafka/brokers.ts";
import { explain } from "../kafka/explain.ts";
import type { KafkaAddress, KafkaClientName, KafkaSettings } from "../kafka/mod.ts";
import type { KerberosAccount } from "../kafka/security/gssapi.ts";
import { findGssapi } from "../kafka/security/gssapi_library.ts";
import type { MskAccount } from "../kafka/security/msk_iam.ts";
import type { OAuthClient } from "../kafka/security/oauth_tokens.ts";
import type { Log } from "../log.ts";
import type { RegistryAddress } from "../schema_registry/mod.ts";
import { hostAndPort } from "./permissions.ts";

/** Refuses what this release cannot read, before anything is made for the pipeline. */
export function refuseUnreadable({ connection_params, schema_registry }: KafkaSource): void {
  if (schema_registry && isForbiddenAddress(schema_registry.url)) {
    throw new OrchestratorRefuses("schema_registry.url is a link-local address, which is never connected to");
  }
  if (connection_params.mechanism === "GSSAPI" && findGssapi() === undefined) {
    throw new OrchestratorRefuses(
      "mechanism GSSAPI needs MIT Kerberos's library libgssapi_krb5.so.2, which is not on this machine: install it " +
        "(Debian: libgssapi-krb5-2), or use another mechanism",
    );
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
    ...kafkaAddress(connection),
  };
}

/** How a connection's brokers are reached. */
export function kafkaAddress(connection: KafkaConnection): KafkaAddress {
  return {
    brokers: connection.brokers,
    protocol: connection.protocol,
    mechanism: connection.mechanism,
    ...(connection.mechanism === "OAUTHBEARER" ? { oauth: oauthClient(connection) } : {}),
    ...(connection.mechanism === "AWS_MSK_IAM" ? { aws: mskAccount(connection) } : {}),
    ...(connection.mechanism === "GSSAPI" ? { kerberos: kerberosAccount(connection) } : {}),
    username: connection.username,
    password: connection.password,
    rootCa: connection.root_ca,
    clientCertificate: connection.client_cert,
    clientKey: connection.client_key,
    skipVerification: connection.skip_tls_verification,
  };
}

/** Where the source's schemas are. */
export function registrySettings(config: PipelineConfig): { readonly registry?: RegistryAddress } {
  const { schema_registry: registry } = config.sources[0] as KafkaSource;
  if (!registry) return {};
  return { registry: { url: registry.url, apiKey: registry.api_key, apiSecret: registry.api_secret } };
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

function kerberosAccount(connection: KafkaConnection): KerberosAccount {
  return {
    library: findGssapi() ?? "",
    service: connection.kerberos_service_name,
    realm: connection.kerberos_realm,
    user: connection.username,
    keytab: connection.kerberos_keytab,
    config: connection.kerberos_config,
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
  // That library is configured by the process: only a worker, which serves one pipeline, may log in with it.
  if (settings.kerberos) return namedAddresses(settings);
  try {
    return await brokerAddresses(settings);
  } catch (error) {
    // The worker finds the same and says it in its status.
    log.warn(
      { topic: settings.topic, reason: explain(error, settings) },
      "the brokers' addresses could not be looked up",
    );
    return namedAddresses(settings);
  }
}
