/**
 * Texts for JSON columns. The server refuses a whole insert for one object it cannot take, so what it would refuse is found
 * here: anything but an object, a path that occurs twice, numbers beyond 64 bits, halves of a surrogate pair, deep nesting.
 */
import { type ColumnWriter, decodeText, formatType, JsonWriter } from "../../native/mod.ts";
import { asText, kindName } from "./coerce.ts";
import { RowError } from "./errors.ts";
import { parseExact } from "./exact_json.ts";

const MAX_DEPTH = 1000;
const LEAST = -(2n ** 63n), MOST = 2n ** 64n - 1n;

export interface PutJson {
  /** A JSON text that was checked before to be one. */
  slice(bytes: Uint8Array, start: number, end: number): void;
  /** Any text. */
  text(text: string): void;
  /** A JavaScript value. */
  value(value: unknown): void;
}

export function jsonObjectWriter(writer: ColumnWriter): PutJson {
  if (!(writer instanceof JsonWriter)) throw new TypeError(`${formatType(writer.type)} takes no JSON objects`);
  return {
    slice(bytes, start, end) {
      new ObjectCheck(decodeText(bytes, start, end)).run();
      writer.putSlice(bytes, start, end);
    },
    text(text) {
      parseExact(text, "the text is no JSON object");
      new ObjectCheck(text).run();
      writer.putText(text);
    },
    value(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new RowError(`expected a map, got ${kindName(value)}`);
      }
      const text = asText(value);
      new ObjectCheck(text).run();
      writer.putText(text);
    },
  };
}

/** Walks a valid JSON text. */
class ObjectCheck {
  #at = 0;
  constructor(readonly text: string) {}

  run(): void {
    this.#space();
    if (this.text[this.#at] !== "{") throw new RowError("the text is no JSON object");
    this.#object("", new Set(), 1);
  }

  /** `paths`: those of the column's object, or of the object inside an array that this is a part of. */
  #object(prefix: string, paths: Set<string>, depth: number): void {
    if (depth > MAX_DEPTH) throw new RowError(`more than ${MAX_DEPTH} nested objects and arrays`);
    this.#at++;
    for (this.#space(); this.text[this.#at] !== "}"; this.#space()) {
      if (this.text[this.#at] === ",") {
        this.#at++;
        this.#space();
      }
      const path = prefix + this.#string();
      if (paths.has(path)) throw new RowError(`the object has the path ${JSON.stringify(path.slice(0, 200))} twice`);
      paths.add(path);
      this.#space();
      this.#at++; // the colon
      this.#value(`${path}.`, paths, depth + 1);
    }
    this.#at++;
  }

  #value(prefix: string, paths: Set<string>, depth: number): void {
    this.#space();
    switch (this.text[this.#at]) {
      case "{":
        return this.#object(prefix, paths, depth);
      case "[":
        return this.#array(depth);
      case '"':
        this.#string();
        return;
      default:
        return this.#scalar();
    }
  }

  #array(depth: number): void {
    if (depth > MAX_DEPTH) throw new RowError(`more than ${MAX_DEPTH} nested objects and arrays`);
    this.#at++;
    for (this.#space(); this.text[this.#at] !== "]"; this.#space()) {
      if (this.text[this.#at] === ",") this.#at++;
      this.#value("", new Set(), depth + 1);
    }
    this.#at++;
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    for (; this.text[this.#at] !== '"'; this.#at++) {
      if (this.text[this.#at] !== "\\") continue;
      escaped = true;
      this.#at++;
    }
    this.#at++;
    if (!escaped) return this.text.slice(start + 1, this.#at - 1);
    const value: string = JSON.parse(this.text.slice(start, this.#at));
    if (!value.isWellFormed()) throw new RowError("a text in the object has half of a surrogate pair");
    return value;
  }

  #scalar(): void {
    const start = this.#at;
    while (this.#at < this.text.length && !",]} \t\r\n".includes(this.text[this.#at])) this.#at++;
    const source = this.text.slice(start, this.#at);
    if (/^[tfn]/.test(source) || (source.length < 18 && !/[eE]/.test(source))) return;
    const fits = /^-?\d+$/.test(source)
      ? BigInt(source) >= LEAST && BigInt(source) <= MOST
      : Number.isFinite(Number(source));
    if (!fits) throw new RowError(`a number in the object does not fit 64 bits: ${source.slice(0, 200)}`);
  }

  #space(): void {
    while (" \t\r\n".includes(this.text[this.#at] ?? "x")) this.#at++;
  }
}
