/**
 * The values of one record on their way into the columns: each wanted field has a slot with a place or a number, and nothing
 * is written before the whole record is known to be valid. No object is made per record.
 */
import type { NullableTarget, NumberTarget, Target, TextTarget, WideTarget } from "../scan/mod.ts";
import { Undecodable } from "./undecodable.ts";
import type { WantedField } from "./field.ts";
import { JsonText, wideText } from "./json_text.ts";

const ABSENT = 0;
/** A place in the record's bytes. */
const PLACE = 1;
/** A place in `json`. */
const TEXT = 2;
/** A whole number of 64 bits. */
const WIDE = 3;
const REAL = 4;
/** Bytes of the schema. */
const CONSTANT = 5;

const encoder = new TextEncoder();

export class Slots {
  /** Text made from the record; cleared with every record. */
  readonly json = new JsonText();
  readonly #kinds: Uint8Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #reals: Float64Array;
  readonly #constants: Uint8Array[];

  constructor(readonly fields: readonly WantedField[]) {
    const count = fields.length;
    this.#kinds = new Uint8Array(count);
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    this.#reals = new Float64Array(count);
    this.#constants = new Array(count).fill(encoder.encode(""));
  }

  clear(): void {
    this.#kinds.fill(ABSENT);
    this.json.clear();
  }

  absent(slot: number): void {
    this.#kinds[slot] = ABSENT;
  }

  place(slot: number, start: number, end: number): void {
    this.#kinds[slot] = PLACE;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
  }

  /** What was appended to `json` since it had the length `start`. */
  text(slot: number, start: number): void {
    this.#kinds[slot] = TEXT;
    this.#starts[slot] = start;
    this.#ends[slot] = this.json.length;
  }

  wide(slot: number, lo: number, hi: number): void {
    this.#kinds[slot] = WIDE;
    this.#starts[slot] = lo;
    this.#ends[slot] = hi;
  }

  real(slot: number, value: number): void {
    this.#kinds[slot] = REAL;
    this.#reals[slot] = value;
  }

  constant(slot: number, bytes: Uint8Array): void {
    this.#kinds[slot] = CONSTANT;
    this.#constants[slot] = bytes;
  }

  /** @throws {Undecodable} for a value that must be there and is not. */
  check(): void {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.#kinds[i] === ABSENT && !this.fields[i].nullable) {
        throw new Undecodable(`field '${this.fields[i].name}' is missing in the message`);
      }
    }
  }

  /** Appends the record to the columns; a column that is null is left out. */
  put(record: Uint8Array, columns: readonly (Target | null)[]): void {
    for (let i = 0; i < this.fields.length; i++) {
      const column = columns[i];
      if (column === null) continue;
      const field = this.fields[i];
      let target = column;
      if (field.nullable) {
        if (this.#kinds[i] === ABSENT) {
          (column as NullableTarget).putNull();
          continue;
        }
        (column as NullableTarget).beginValue();
        target = (column as NullableTarget).inner as Target;
      }
      if (field.exact) this.#putDigits(i, target as TextTarget, field.type !== "uint");
      else this.#putValue(i, record, field.type, target);
    }
  }

  #putValue(i: number, record: Uint8Array, type: WantedField["type"], target: Target): void {
    const start = this.#starts[i], end = this.#ends[i];
    switch (this.#kinds[i]) {
      case PLACE:
        return (target as TextTarget).putSlice(record, start, end);
      case TEXT:
        return (target as TextTarget).putSlice(this.json.bytes, start, end);
      case CONSTANT:
        return (target as TextTarget).putSlice(this.#constants[i], 0, this.#constants[i].length);
      case REAL:
        return (target as NumberTarget).putNumber(this.#reals[i]);
      default:
        if (type === "float") return (target as NumberTarget).putNumber(end * 4_294_967_296 + (start >>> 0));
        if (type === "bool") return (target as NumberTarget).putNumber(start);
        return (target as WideTarget).putI64(start, end);
    }
  }

  #putDigits(i: number, target: TextTarget, signed: boolean): void {
    const text = this.#kinds[i] === REAL ? String(this.#reals[i]) : wideText(this.#starts[i], this.#ends[i], signed);
    const bytes = encoder.encode(text);
    target.putSlice(bytes, 0, bytes.length);
  }
}
