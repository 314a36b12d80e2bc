/**
 * Kerberos logins (SASL mechanism GSSAPI, RFC 4752) with the key of a keytab, without a security layer: that is what TLS is
 * for. Tickets are held in memory; keytab and configuration are files, for nobody else to read, while a login lasts.
 */
import { join } from "node:path";
import { KafkaUnusable } from "../errors.ts";
import { LoginFailed, type SaslExchange } from "./exchange.ts";
import { bufferOf, cString, type Gssapi, loadGssapi, oid, taken, Words } from "./gssapi_library.ts";

export interface KerberosAccount {
  /** File of the system's GSSAPI library. */
  readonly library: string;
  /** Of the brokers: `kafka`. */
  readonly service: string;
  readonly realm: string;
  /** Ours; empty = the keytab's first. */
  readonly user: string;
  /** Base64. */
  readonly keytab: string;
  /** Contents of krb5.conf. */
  readonly config: string;
}

const KRB5 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
const PRINCIPAL_NAME = [...KRB5, 0x01];
const INITIATE = 1;
const MUTUAL_SEQUENCE_INTEGRITY = 2 | 8 | 32;
const CONTINUE_NEEDED = 1;
/** The upper half of a status tells of errors. */
const ERRORS = 0xffff0000;
const GSS_CODE = 1;
const MECHANISM_CODE = 2;
const NO_LAYER = 1;

let last: Promise<unknown> = Promise.resolve();

/** One login at a time: the library finds its configuration by a variable of the process. */
export function kerberosExchange(account: KerberosAccount): SaslExchange {
  return (send, host) => {
    const turn = last.then(() => login(account, send, host));
    last = turn.catch(() => {}); // whoever logs in hears of it
    return turn;
  };
}

async function login(account: KerberosAccount, send: Parameters<SaslExchange>[0], host: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "glassflow-krb5-" });
  const before = Deno.env.get("KRB5_CONFIG");
  try {
    const keytab = join(folder, "keytab");
    const config = join(folder, "krb5.conf");
    await Deno.writeFile(keytab, decoded(account.keytab), { mode: 0o600 });
    await Deno.writeTextFile(config, account.config, { mode: 0o600 });
    Deno.env.set("KRB5_CONFIG", config);
    await new Context(loadGssapi(account.library), account, host).run(keytab, send);
  } finally {
    if (before === undefined) Deno.env.delete("KRB5_CONFIG");
    else Deno.env.set("KRB5_CONFIG", before);
    await Deno.remove(folder, { recursive: true });
  }
}

function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64.trim());
  } catch {
    throw new KafkaUnusable("kerberos_keytab is not base64: encode the keytab file with `base64 -w0`");
  }
}

class Context {
  // Made here: a process that may not call native code can still load this file.
  readonly #mechanism = oid(KRB5);
  readonly #mechanisms = new Words(2).number(0, 1).address(1, this.#mechanism);
  readonly #nameType = oid(PRINCIPAL_NAME);
  readonly #minor = new Words(1);
  readonly #credential = new Words(1);
  readonly #context = new Words(1);
  readonly #names: Words[] = [];
  /** What calls on other threads read and write must outlive them. */
  readonly #held: Words[] = [];

  constructor(readonly library: Gssapi, readonly account: KerberosAccount, readonly host: string) {}

  async run(keytab: string, send: Parameters<SaslExchange>[0]): Promise<void> {
    try {
      await this.#acquire(keytab);
      await this.#establish(send);
    } finally {
      const { library } = this;
      library.gss_delete_sec_context(this.#minor.bytes, this.#context.bytes, null);
      library.gss_release_cred(this.#minor.bytes, this.#credential.bytes);
      for (const name of this.#names) library.gss_release_name(this.#minor.bytes, name.bytes);
    }
  }

  async #acquire(keytab: string): Promise<void> {
    const { user, realm } = this.account;
    const store = [["client_keytab", `FILE:${keytab}`], ["ccache", `MEMORY:${crypto.randomUUID()}`]];
    const elements = new Words(store.length * 2);
    store.flat().forEach((text, at) => elements.address(at, cString(text)));
    const set = new Words(2).number(0, store.length).address(1, elements);
    this.#held.push(set);
    const name = user === "" ? null : this.#name(user.includes("@") ? user : `${user}@${realm}`);
    const status = await this.library.gss_acquire_cred_from(
      ...[this.#minor.bytes, name, 0, this.#mechanisms.bytes, INITIATE] as const,
      ...[set.bytes, this.#credential.bytes, null, null] as const,
    );
    this.#check(status);
  }

  async #establish(send: Parameters<SaslExchange>[0]): Promise<void> {
    const { service, realm } = this.account;
    const target = this.#name(`${service}/${this.host}@${realm}`);
    let answer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
    for (;;) {
      const output = new Words(2);
      const input = bufferOf(answer);
      this.#held.push(input, output);
      const status = await this.library.gss_init_sec_context(
        ...[
          this.#minor.bytes,
          this.#credential.toPointer(0),
          this.#context.bytes,
          target,
          this.#mechanism.bytes,
        ] as const,
        ...[MUTUAL_SEQUENCE_INTEGRITY, 0, null, input.bytes, null, output.bytes, null, null] as const,
      );
      const token = taken(this.library, output);
      this.#check(status);
      // The last word of the context may be ours or the broker's; its offer of layers answers either.
      answer = new Uint8Array(await send(token));
      if ((status & CONTINUE_NEEDED) === 0) break;
    }
    const offer = this.#unwrap(answer);
    if ((offer[0] & NO_LAYER) === 0) {
      throw new LoginFailed("the brokers ask for a Kerberos security layer: use protocol SASL_SSL instead", false);
    }
    await send(this.#wrap(new Uint8Array([NO_LAYER, 0, 0, 0])));
  }

  #unwrap(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
    const output = new Words(2);
    const input = bufferOf(bytes);
    this.#check(this.library.gss_unwrap(
      ...[this.#minor.bytes, this.#context.toPointer(0), input.bytes, output.bytes, null, null] as const,
    ));
    return taken(this.library, output);
  }

  #wrap(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
    const output = new Words(2);
    const input = bufferOf(bytes);
    this.#check(this.library.gss_wrap(
      ...[this.#minor.bytes, this.#context.toPointer(0), 0, 0, input.bytes, null, output.bytes] as const,
    ));
    return taken(this.library, output);
  }

  #name(principal: string): Deno.PointerValue {
    const text = bufferOf(new TextEncoder().encode(principal));
    const name = new Words(1);
    this.#check(
      this.library.gss_import_name(this.#minor.bytes, text.bytes, this.#nameType.bytes, name.bytes),
    );
    this.#names.push(name);
    return name.toPointer(0);
  }

  #check(status: number): void {
    if ((status & ERRORS) === 0) return;
    const { service, realm } = this.account;
    const reasons = [this.#text(status, GSS_CODE), this.#text(this.#minor.toNumber(0) & 0xffffffff, MECHANISM_CODE)];
    throw new LoginFailed(
      `Kerberos login to ${service}/${this.host}@${realm} failed: ${reasons.filter(Boolean).join(": ")}`,
      true,
    );
  }

  #text(code: number, type: number): string {
    const output = new Words(2);
    const status = this.library.gss_display_status(
      ...[new Words(1).bytes, code >>> 0, type, this.#mechanism.bytes, new Words(1).bytes, output.bytes] as const,
    );
    return (status & ERRORS) === 0 ? new TextDecoder().decode(taken(this.library, output)).trim() : "";
  }
}
