/**
 * The system's GSSAPI library (MIT Kerberos), as much of it as a login needs. Structures are laid out as 64-bit systems do.
 * See `docs/decisions/011-kerberos-by-the-systems-library.md`.
 */

const BUFFER = "buffer";
const POINTER = "pointer";

const SYMBOLS = {
  gss_import_name: { parameters: [BUFFER, BUFFER, BUFFER, BUFFER], result: "u32" },
  gss_acquire_cred_from: {
    parameters: [BUFFER, POINTER, "u32", BUFFER, "i32", BUFFER, BUFFER, POINTER, POINTER],
    result: "u32",
    nonblocking: true,
  },
  gss_init_sec_context: {
    // deno-fmt-ignore
    parameters: [BUFFER, POINTER, BUFFER, POINTER, BUFFER, "u32", "u32", POINTER, BUFFER, POINTER, BUFFER, POINTER, POINTER],
    result: "u32",
    nonblocking: true,
  },
  gss_wrap: { parameters: [BUFFER, POINTER, "i32", "u32", BUFFER, POINTER, BUFFER], result: "u32" },
  gss_unwrap: { parameters: [BUFFER, POINTER, BUFFER, BUFFER, POINTER, POINTER], result: "u32" },
  gss_display_status: { parameters: [BUFFER, "u32", "i32", BUFFER, BUFFER, BUFFER], result: "u32" },
  gss_release_buffer: { parameters: [BUFFER, BUFFER], result: "u32" },
  gss_release_name: { parameters: [BUFFER, BUFFER], result: "u32" },
  gss_release_cred: { parameters: [BUFFER, BUFFER], result: "u32" },
  gss_delete_sec_context: { parameters: [BUFFER, BUFFER, POINTER], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Gssapi = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const loaded = new Map<string, Gssapi>();

/** Loaded once, and kept. */
export function loadGssapi(path: string): Gssapi {
  let symbols = loaded.get(path);
  if (!symbols) loaded.set(path, symbols = Deno.dlopen(path, SYMBOLS).symbols);
  return symbols;
}

const FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64", "/lib"];
const FILE = "libgssapi_krb5.so.2";

/** The library's file; undefined where it is not installed. */
export function findGssapi(): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${FILE}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false; // not there, or not for us
    }
  });
}

const WORD = 8;

/** A C structure of 8-byte words, with what they point at. */
export class Words {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Memory that is pointed at must live as long. */
  readonly #held: unknown[] = [];

  constructor(count: number) {
    this.bytes = new Uint8Array(count * WORD);
    this.#view = new DataView(this.bytes.buffer);
  }

  number(at: number, value: number): this {
    this.#view.setBigUint64(at * WORD, BigInt(value), true);
    return this;
  }

  address(at: number, target: Uint8Array<ArrayBuffer> | Words): this {
    const bytes = target instanceof Words ? target.bytes : target;
    this.#held.push(target);
    this.#view.setBigUint64(at * WORD, BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes))), true);
    return this;
  }

  toNumber(at: number): number {
    return Number(this.#view.getBigUint64(at * WORD, true));
  }

  toPointer(at: number): Deno.PointerValue {
    return Deno.UnsafePointer.create(this.#view.getBigUint64(at * WORD, true));
  }
}

/** `gss_buffer_desc` over bytes of ours. */
export function bufferOf(bytes: Uint8Array<ArrayBuffer>): Words {
  const words = new Words(2).number(0, bytes.length);
  return bytes.length > 0 ? words.address(1, bytes) : words;
}

/** `gss_OID_desc` of DER contents. */
export const oid = (contents: readonly number[]): Words =>
  new Words(2).number(0, contents.length).address(1, new Uint8Array(contents));

/** A text as C has it. */
export const cString = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text + "\0");

/** A copy of what the library put into a buffer of its own, which is released. */
export function taken(library: Gssapi, buffer: Words): Uint8Array<ArrayBuffer> {
  const pointer = buffer.toPointer(1);
  const length = buffer.toNumber(0);
  const copy = new Uint8Array(length);
  if (pointer !== null && length > 0) new Deno.UnsafePointerView(pointer).copyInto(copy);
  library.gss_release_buffer(new Words(1).bytes, buffer.bytes);
  return copy;
}
