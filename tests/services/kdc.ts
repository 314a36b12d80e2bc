/** A Kerberos key distribution centre (MIT, Debian's `krb5-kdc`) on the loopback address, with an empty realm. */
import { Buffer } from "node:buffer";
import { delimiter, join } from "node:path";
import { spawnChild } from "../../runtime/services/process.ts";
import { freePort } from "../../runtime/services/ports.ts";
import { isExecutable, runTool } from "../../runtime/services/run_tool.ts";

/** No KDC can be run on this machine. */
export class KdcNotFound extends Error {
  override readonly name = "KdcNotFound";
}

export interface Kdc {
  readonly realm: string;
  /** krb5.conf: its file and contents. */
  readonly configFile: string;
  readonly config: string;
  /** Makes a principal with a random key; its keytab. */
  addPrincipal(name: string): Promise<{ readonly file: string; readonly base64: string }>;
  stop(): Promise<void>;
}

const REALM = "GLASSFLOW.TEST";

/** Folder of the KDC's programs, which are not on everybody's PATH. */
export async function findKdc(): Promise<string> {
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]) {
    if (folder !== "" && await isExecutable(join(folder, "krb5kdc"))) return folder;
  }
  throw new KdcNotFound("no krb5kdc program: install Debian's krb5-kdc and krb5-admin-server");
}

export async function startKdc(): Promise<Kdc> {
  const programs = await findKdc();
  const folder = await Deno.makeTempDir({ prefix: "kdc-" });
  const port = freePort();
  const configFile = join(folder, "krb5.conf");
  const profile = join(folder, "kdc.conf");
  const config = `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
`;
  await Deno.writeTextFile(configFile, config);
  await Deno.writeTextFile(
    profile,
    `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${join(folder, "principal")}
    key_stash_file = ${join(folder, "stash")}
    acl_file = ${join(folder, "acl")}
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
`,
  );
  const env = { KRB5_CONFIG: configFile, KRB5_KDC_PROFILE: profile };
  const run = (name: string, ...args: string[]) => runTool(join(programs, name), args, { env });
  await run("kdb5_util", "create", "-s", "-r", REALM, "-P", crypto.randomUUID());
  const child = spawnChild({ name: "krb5kdc", command: join(programs, "krb5kdc"), args: ["-n", "-r", REALM], env });
  await child.ready(
    () => Promise.resolve(child.lines().some((line) => line.includes("starting...")) || undefined),
    { timeoutMs: 10_000 },
  );
  return {
    realm: REALM,
    configFile,
    config,
    async addPrincipal(name) {
      const file = join(folder, `${name.replaceAll("/", "_")}.keytab`);
      await run("kadmin.local", "-r", REALM, "-q", `addprinc -randkey ${name}`);
      await run("kadmin.local", "-r", REALM, "-q", `ktadd -k ${file} ${name}`);
      return { file, base64: Buffer.from(await Deno.readFile(file)).toString("base64") };
    },
    async stop() {
      await child.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
