/**
 * Pieces of generated text: constants of the module, and locals of one function. User text enters generated code only
 * through {@link Constants} and `JSON.stringify`.
 */

/** Constants of the module, each distinct one declared once. */
export class Constants {
  readonly #names = new Map<string, string>();

  /** The name of a constant with this value, given as JavaScript text. */
  of(value: string): string {
    let name = this.#names.get(value);
    if (name === undefined) this.#names.set(value, name = `K${this.#names.size}`);
    return name;
  }
  /** The UTF-8 bytes of a text. */
  bytes(text: string): string {
    return this.of(`ops.utf8(${quote(text)})`);
  }
  text(): string {
    return [...this.#names].map(([value, name]) => `const ${name} = ${value};\n`).join("");
  }
}

/** Locals of one function, declared in the order of their first use. */
export class Locals {
  readonly #values = new Map<string, string>();

  of(name: string, value: string): string {
    if (!this.#values.has(name)) this.#values.set(name, value);
    return name;
  }
  text(): string {
    return [...this.#values].map(([name, value]) => `const ${name} = ${value};\n`).join("");
  }
}

/** A text as a JavaScript literal that is also safe inside comments and script elements. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u2028\u2029<]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
