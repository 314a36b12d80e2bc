/** A source column in generated code: how row `i`'s value is reached in its several forms. */
import type { FieldAccess } from "../expr/mod.ts";
import { type ChType, parseType } from "../native/mod.ts";
import type { Constants, Locals } from "./code.ts";
import type { SourceField } from "./source_layout.ts";

/** A range of bytes, as JavaScript texts. */
export interface SliceCode {
  readonly bytes: string;
  readonly start: string;
  readonly end: string;
}

export class ColumnCode {
  /** Without Nullable. */
  readonly type: ChType;
  readonly #name: string;
  readonly #path: string;

  constructor(
    readonly field: SourceField,
    index: number,
    readonly locals: Locals,
    readonly constants: Constants,
  ) {
    const type = parseType(field.columnType);
    this.type = type.kind === "Nullable" ? type.inner : type;
    this.#name = `c${index}`;
    this.#path = field.nullable ? "inner." : "";
    locals.of(this.#name, `block.columns[${index}].column`);
  }

  /** The column view itself. */
  get column(): string {
    return this.field.nullable ? this.#part("inner", "inner") : this.#name;
  }
  /** Test for a null or absent value, or null if there is always one. */
  get absent(): string | null {
    if (this.field.nullable) return `${this.#part("nulls", "nulls")}[i] !== 0`;
    const { start, end } = this.field.omitEmpty ? this.slice : { start: "", end: "" };
    return this.field.omitEmpty ? `${start} === ${end}` : null;
  }
  get slice(): SliceCode {
    return { bytes: this.#in("bytes"), start: `${this.#in("starts")}[i]`, end: `${this.#in("ends")}[i]` };
  }
  /** A number of up to 32 bits or a float; for Bool 0 or 1. */
  get number(): string {
    return `${this.#in("values")}[i]`;
  }
  get words(): { lo: string; hi: string } {
    const words = this.#in("words");
    return { lo: `${words}[2 * i]`, hi: `${words}[2 * i + 1]` };
  }
  /** A 64-bit integer as a double. */
  get wideNumber(): string {
    const { lo, hi } = this.words;
    const high = this.type.kind === "UInt" ? `(${hi} >>> 0)` : hi;
    return `(${high} * 4294967296 + (${lo} >>> 0))`;
  }
  /** Index of a map key's value among all values of the column, or -1. */
  findKey(key: string): string {
    return `ops.findKey(${this.#in("offsets")}, ${this.#in("keys")}, i, ${this.constants.bytes(key)})`;
  }
  /** The map value at an index that `findKey` gave. */
  valueSlice(at: string): SliceCode {
    const part = (name: string) => this.locals.of(`${this.#name}_values_${name}`, `${this.#in("values")}.${name}`);
    return { bytes: part("bytes"), start: `${part("starts")}[${at}]`, end: `${part("ends")}[${at}]` };
  }
  /** The value as JavaScript sees it in expressions, null where it is absent. */
  get value(): string {
    const { absent } = this;
    return absent === null ? this.#present() : `(${absent} ? null : ${this.#present()})`;
  }
  /** The value as columns take it: with all digits, null where it is absent. */
  get exactValue(): string {
    const { absent } = this;
    return absent === null ? this.#exact() : `(${absent} ? null : ${this.#exact()})`;
  }
  /** An integer field's value as a bigint, null where it is absent. */
  get integer(): string {
    const { absent } = this;
    const wide = (this.type.kind === "Int" || this.type.kind === "UInt") && this.type.bits === 64;
    const given = this.type.kind === "String" ? `${this.column}.text(i)` : this.#present();
    const present = wide ? this.number : `rt.cel.whole(${given})`;
    return absent === null ? present : `(${absent} ? null : ${present})`;
  }
  equals(literal: string): string | null {
    if (this.type.kind !== "String" || this.field.type !== "string") return null;
    const { bytes, start, end } = this.slice;
    const same = `ops.sameBytes(${bytes}, ${start}, ${end}, ${this.constants.bytes(literal)})`;
    return this.absent === null ? same : `(!(${this.absent}) && ${same})`;
  }
  mapGet(key: string): string | null {
    if (this.type.kind !== "Map") return null;
    return `ops.mapText(${this.column}, ${this.#in("keys")}, ${this.#in("values")}, i, ${this.constants.bytes(key)})`;
  }

  #present(): string {
    switch (this.type.kind) {
      case "String": {
        const { bytes, start, end } = this.slice;
        if (this.field.exact) return `ops.numberValue(${bytes}, ${start}, ${end})`;
        const json = this.field.type === "array" || this.field.type === "map";
        return json ? `ops.jsonValue(${bytes}, ${start}, ${end})` : `${this.column}.text(i)`;
      }
      case "Map":
        return `ops.mapObject(${this.column}, ${this.#in("keys")}, ${this.#in("values")}, i)`;
      case "DateTime64": {
        const { lo, hi } = this.words;
        return `ops.instantText(${lo}, ${hi})`;
      }
      case "Bool":
        return `(${this.number} !== 0)`;
      case "Int":
      case "UInt":
        return this.type.bits === 64 ? this.wideNumber : this.number;
      default:
        return this.number;
    }
  }
  #exact(): string {
    if ((this.type.kind === "Int" || this.type.kind === "UInt") && this.type.bits === 64) return this.number;
    if (this.type.kind !== "String" || (this.field.type !== "array" && this.field.type !== "map")) {
      return this.#present();
    }
    const { bytes, start, end } = this.slice;
    return `ops.exactJson(${bytes}, ${start}, ${end})`;
  }
  #in(part: string): string {
    return this.#part(part, this.#path + part);
  }
  #part(name: string, path: string): string {
    return this.locals.of(`${this.#name}_${name}`, `${this.#name}.${path}`);
  }
}

/** Name, in generated code, of the milliseconds at which the row arrived. It is what `now()` gives: a replay gives it again. */
export const TIME = "timeMs";

/** Columns of the source by field name, all in one function's locals. */
export class SourceCode {
  readonly #columns = new Map<string, ColumnCode>();

  constructor(readonly fields: readonly SourceField[], readonly locals: Locals, readonly constants: Constants) {}

  column(field: string): ColumnCode {
    let column = this.#columns.get(field);
    if (column === undefined) {
      const index = this.fields.findIndex((each) => each.name === field);
      column = new ColumnCode(this.fields[index], index, this.locals, this.constants);
      this.#columns.set(field, column);
    }
    return column;
  }

  /** How expressions reach the row. */
  access(): FieldAccess {
    return {
      value: (field) => this.column(field).value,
      integer: (field) => this.column(field).integer,
      equals: (field, literal) => this.column(field).equals(literal),
      mapGet: (field, key) => this.column(field).mapGet(key),
      now: () => TIME,
    };
  }
}
