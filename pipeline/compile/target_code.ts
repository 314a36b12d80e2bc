/** An output column in generated code: its writer, and the functions made for it when the program is created. */
import type { Constants } from "./code.ts";
import type { PutCode, TargetCode } from "./copy_code.ts";
import type { OutputColumn } from "./plan.ts";
import { bareType } from "./row/bare_type.ts";

export class TargetColumnCode implements TargetCode {
  readonly writer: string;
  readonly inner: string;
  /** Set when the column is written after the row loop. */
  late: PutCode | null = null;
  readonly #functions = new Map<string, string>();

  constructor(readonly output: OutputColumn, readonly index: number, readonly constants: Constants) {
    this.writer = `w${index}`;
    this.inner = output.type.kind === "Nullable" ? `w${index}i` : this.writer;
  }

  putValue(): string {
    const { field, declared, type, from } = this.output;
    // An `Int64` mapped onto a DateTime64 column counts milliseconds, as it did in the original.
    const milliseconds = declared === "Int64" && bareType(type).kind === "DateTime64";
    const given = from.key === undefined ? field.type : "string";
    return this.#function("v", `ops.valueWriter(${this.writer}, ${JSON.stringify(given)}, ${milliseconds})`);
  }
  putNumberText(): string {
    return this.#function("d", `ops.numberTextWriter(${this.inner}, ops.bareType(${this.#type()}))`);
  }
  putJson(): string {
    return this.#function("j", `ops.jsonObjectWriter(${this.inner})`);
  }
  putInstant(): string {
    return this.#function("t", `ops.instantWriter(${this.inner}, ops.bareType(${this.#type()}))`);
  }

  declarations(): string {
    const { writer, inner } = this;
    const nested = inner === writer ? "" : `const ${inner} = ${writer}.inner;\n`;
    const functions = [...this.#functions].map(([name, value]) => `const ${name} = ${value};\n`);
    return `const ${writer} = writer.columns[${this.index}];\n${nested}${functions.join("")}`;
  }

  #type(): string {
    return `native.parseType(${JSON.stringify(this.output.typeText)})`;
  }
  #function(prefix: string, value: string): string {
    const name = `${prefix}${this.index}`;
    this.#functions.set(name, value);
    return name;
  }
}
