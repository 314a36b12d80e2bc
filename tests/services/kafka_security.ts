/** What the broker's SSL and SASL listeners need: key stores made at test time, users, and the lines of its configuration. */
import { join } from "node:path";
import { runTool } from "../../runtime/services/run_tool.ts";

export interface KafkaUser {
  readonly name: string;
  readonly password: string;
}

export interface BrokerSecurity {
  readonly users: readonly KafkaUser[];
  readonly certificates: Certificates;
  /** Whether the SSL listener asks for a client certificate. */
  readonly clientAuth: "none" | "required";
  /** The mechanism GSSAPI: the broker's key and where its KDC is. */
  readonly kerberos?: { readonly principal: string; readonly keytabFile: string; readonly configFile: string };
  /** The mechanism OAUTHBEARER: whose tokens are good. */
  readonly tokens?: { readonly jwks: string; readonly issuer: string; readonly audience: string };
}

/** PEM texts and the files they are in. The broker's certificate is for localhost and 127.0.0.1. */
export interface Certificates {
  readonly folder: string;
  readonly authority: string;
  readonly client: { readonly certificate: string; readonly key: string };
}

/** A certificate authority, a broker certificate and a client certificate that it signed. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const openssl = (...args: string[]) => runTool("openssl", args, { cwd: folder });
  const key = ["-newkey", "rsa:2048", "-nodes"];
  await openssl(
    ...["req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority"],
  );
  for (const [name, extension] of [["broker", "subjectAltName=DNS:localhost,IP:127.0.0.1"], ["client", ""]]) {
    await openssl("req", "-new", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    await Deno.writeTextFile(join(folder, `${name}.ext`), extension + "\n");
    await openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-out", `${name}.pem`, "-days", "2", "-extfile", `${name}.ext`],
    );
  }
  const read = (name: string) => Deno.readTextFile(join(folder, name));
  await Deno.writeTextFile(join(folder, "broker-store.pem"), await read("broker.key") + await read("broker.pem"));
  return {
    folder,
    authority: await read("ca.pem"),
    client: { certificate: await read("client.pem"), key: await read("client.key") },
  };
}

const SASL_LISTENERS = ["sasl_plaintext", "sasl_ssl"];
const MODULES = "org.apache.kafka.common.security";

/** Lines of `server.properties`. */
export function securityProperties(
  { users, certificates, clientAuth, tokens, kerberos }: BrokerSecurity,
): Record<string, string> {
  const accounts = users.map(({ name, password }) => `user_${name}="${password}"`).join(" ");
  const properties: Record<string, string> = {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(certificates.folder, "broker-store.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": join(certificates.folder, "ca.pem"),
    "listener.name.ssl.ssl.client.auth": clientAuth,
    ...(tokens && {
      "sasl.oauthbearer.jwks.endpoint.url": tokens.jwks,
      "sasl.oauthbearer.expected.issuer": tokens.issuer,
      "sasl.oauthbearer.expected.audience": tokens.audience,
    }),
  };
  for (const listener of SASL_LISTENERS) {
    const name = `listener.name.${listener}`;
    properties[`${name}.sasl.enabled.mechanisms`] = `PLAIN,SCRAM-SHA-256,SCRAM-SHA-512${tokens ? ",OAUTHBEARER" : ""}${
      kerberos ? ",GSSAPI" : ""
    }`;
    if (kerberos) {
      const { principal, keytabFile } = kerberos;
      properties["sasl.kerberos.service.name"] = principal.split("/")[0];
      properties[`${name}.gssapi.sasl.jaas.config`] = "com.sun.security.auth.module.Krb5LoginModule required " +
        `useKeyTab=true storeKey=true keyTab="${keytabFile}" principal="${principal}";`;
    }
    properties[`${name}.plain.sasl.jaas.config`] = `${MODULES}.plain.PlainLoginModule required ${accounts};`;
    for (const mechanism of ["scram-sha-256", "scram-sha-512"]) {
      properties[`${name}.${mechanism}.sasl.jaas.config`] = `${MODULES}.scram.ScramLoginModule required;`;
    }
    if (tokens) {
      properties[`${name}.oauthbearer.sasl.jaas.config`] = `${MODULES}.oauthbearer.OAuthBearerLoginModule required;`;
      properties[`${name}.oauthbearer.sasl.server.callback.handler.class`] =
        `${MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler`;
    }
  }
  return properties;
}

/** What the broker's Java must be told. */
export function securityJvm({ tokens, kerberos }: BrokerSecurity): string[] {
  return [
    ...(tokens ? [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokens.jwks}`] : []),
    ...(kerberos ? [`-Djava.security.krb5.conf=${kerberos.configFile}`] : []),
  ];
}
