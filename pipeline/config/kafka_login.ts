/** What each SASL mechanism of a Kafka source needs besides its name. */
import { type Problems, quote } from "./config_error.ts";
import type { KafkaConnection } from "./source_kafka.ts";

export const KAFKA_MECHANISMS = [
  "NO_AUTH",
  "PLAIN",
  "SCRAM-SHA-256",
  "SCRAM-SHA-512",
  "OAUTHBEARER",
  "AWS_MSK_IAM",
  "GSSAPI",
] as const;
export type KafkaMechanism = typeof KAFKA_MECHANISMS[number];

type TextField = { [K in keyof KafkaConnection]: KafkaConnection[K] extends string ? K : never }[keyof KafkaConnection];

const PASSWORD_FIELDS = ["username", "password"] as const;
const NEEDED: Readonly<Record<KafkaMechanism, readonly TextField[]>> = {
  NO_AUTH: [],
  PLAIN: PASSWORD_FIELDS,
  "SCRAM-SHA-256": PASSWORD_FIELDS,
  "SCRAM-SHA-512": PASSWORD_FIELDS,
  OAUTHBEARER: ["oauth_token_endpoint", "oauth_client_id", "oauth_client_secret"],
  AWS_MSK_IAM: ["aws_region", "aws_access_key_id", "aws_secret_access_key"],
  GSSAPI: ["kerberos_service_name", "kerberos_realm", "kerberos_keytab", "kerberos_config"],
};

export function checkLogin(connection: KafkaConnection, source: string, at: string, problems: Problems): void {
  const { mechanism, oauth_token_endpoint, oauth_extensions, aws_region, protocol } = connection;
  const add = (name: string, message: string) => problems.add(`${at}.${name}`, `${source}: ${message}`);
  for (const name of NEEDED[mechanism] ?? []) {
    const blank = name === "password" ? connection[name] === "" : connection[name].trim() === "";
    if (blank) add(name, `mechanism ${mechanism} needs ${name}`);
  }
  if (mechanism === "OAUTHBEARER") {
    if (oauth_token_endpoint.trim() !== "" && !isPlainUrl(oauth_token_endpoint)) {
      add("oauth_token_endpoint", "oauth_token_endpoint must be an http or https URL without user name or password");
    }
    if (parseOauthExtensions(oauth_extensions) === null) {
      add("oauth_extensions", "oauth_extensions must look like `logicalCluster=lkc-1,identityPoolId=pool-2`");
    }
  }
  if (mechanism === "AWS_MSK_IAM") {
    if (aws_region.trim() !== "" && !/^[a-z0-9-]+$/.test(aws_region)) {
      add("aws_region", `aws_region ${quote(aws_region)} is no region; one looks like \`eu-west-1\``);
    }
    if (protocol !== "SASL_SSL") add("protocol", "mechanism AWS_MSK_IAM needs protocol SASL_SSL");
  }
}

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

/** SASL extensions from `name=value,name=value`; null when they are none. */
export function parseOauthExtensions(text: string): Record<string, string> | null {
  const extensions: Record<string, string> = {};
  for (const part of text.split(",").map((each) => each.trim()).filter((each) => each !== "")) {
    const [, name, value] = /^([A-Za-z]+)=([\x21-\x7e]+)$/.exec(part) ?? [];
    if (name === undefined || name.toLowerCase() === "auth") return null;
    extensions[name] = value;
  }
  return extensions;
}
