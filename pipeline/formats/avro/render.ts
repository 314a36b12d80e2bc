/** Reading over Avro values, and rendering them as JSON text. One step per type, made once per schema. */
import type { Cursor } from "../cursor.ts";
import type { JsonText } from "../json_text.ts";
import { decimalText } from "./decimal.ts";
import type { AvroType } from "./schema.ts";

/** Reads one value; with `json` it is appended there. */
export type Render = (cursor: Cursor, json: JsonText | null) => void;

/** Steps by type; a type that contains itself finds its own step here. */
export class Renders {
  readonly #made = new Map<AvroType, Render>();

  of(type: AvroType): Render {
    const made = this.#made.get(type);
    if (made) return made;
    // The step of a type inside of itself is looked up when it runs.
    this.#made.set(type, (cursor, json) => step(cursor, json));
    const step = this.#make(type);
    this.#made.set(type, step);
    return step;
  }

  #make(type: AvroType): Render {
    switch (type.kind) {
      case "null":
        return (_, json) => json?.raw("null");
      case "boolean":
        return (c, json) => {
          const value = readBoolean(c);
          json?.raw(value === 1 ? "true" : "false");
        };
      case "int":
      case "long": {
        const read = type.kind === "int" ? readInt : readLong;
        return (c, json) => {
          read(c);
          json?.wide(c.lo, c.hi, true);
        };
      }
      case "float":
        return (c, json) => {
          const at = c.over(4);
          json?.real(c.view.getFloat32(at, true));
        };
      case "double":
        return (c, json) => {
          const at = c.over(8);
          json?.real(c.view.getFloat64(at, true));
        };
      case "bytes":
        return (c, json) => {
          const length = readLength(c);
          const at = c.over(length);
          json?.base64(c.bytes, at, c.p);
        };
      case "fixed":
        return (c, json) => {
          const at = c.over(type.size);
          json?.base64(c.bytes, at, c.p);
        };
      case "decimal":
        return (c, json) => {
          const at = c.over(type.size < 0 ? readLength(c) : type.size);
          json?.raw(`"${decimalText(c.bytes, at, c.p, type.scale)}"`);
        };
      case "string":
        return (c, json) => {
          const at = c.over(readLength(c));
          if (!json) return;
          c.text(at, c.p);
          json.utf8(c.bytes, at, c.p);
        };
      case "enum": {
        const symbols = type.symbols.map((symbol) => JSON.stringify(symbol));
        return (c, json) => {
          const symbol = symbols[readIndex(c, symbols.length)];
          json?.raw(symbol);
        };
      }
      case "union": {
        const branches = type.branches.map((branch) => this.of(branch));
        return (c, json) => branches[readIndex(c, branches.length)](c, json);
      }
      case "array":
        return this.#items(type.items, false);
      case "map":
        return this.#items(type.items, true);
      case "record": {
        const fields = type.fields.map(({ name, type: of }) => ({
          key: `${JSON.stringify(name)}:`,
          read: this.of(of),
        }));
        return (c, json) => {
          c.enter();
          json?.byte(0x7b);
          for (let i = 0; i < fields.length; i++) {
            if (json) {
              if (i > 0) json.byte(0x2c);
              json.raw(fields[i].key);
            }
            fields[i].read(c, json);
          }
          json?.byte(0x7d);
          c.leave();
        };
      }
    }
  }

  #items(items: AvroType, keyed: boolean): Render {
    const read = this.of(items);
    return (c, json) => {
      c.enter();
      json?.byte(keyed ? 0x7b : 0x5b);
      let first = true;
      for (let count = readCount(c); count > 0; count = readCount(c)) {
        c.take(count);
        for (let i = 0; i < count; i++) {
          if (!first) json?.byte(0x2c);
          first = false;
          if (keyed) {
            const at = c.over(readLength(c));
            if (json) {
              c.text(at, c.p);
              json.utf8(c.bytes, at, c.p);
              json.byte(0x3a);
            }
          }
          read(c, json);
        }
      }
      json?.byte(keyed ? 0x7d : 0x5d);
      c.leave();
    };
  }
}

export function readBoolean(c: Cursor): number {
  const value = c.bytes[c.over(1)];
  if (value > 1) c.fail("expected a boolean");
  return value;
}

export function readLong(c: Cursor): void {
  c.zigzag();
}

export function readInt(c: Cursor): void {
  c.zigzag();
  if (c.hi !== c.lo >> 31) c.fail("an int has more than 32 bits");
}

export function readLength(c: Cursor): number {
  c.zigzag();
  if (c.hi !== 0 || c.lo < 0) c.fail("a length is negative or too large");
  return c.lo;
}

export function readIndex(c: Cursor, count: number): number {
  c.zigzag();
  if (c.hi !== 0 || c.lo < 0 || c.lo >= count) c.fail("a branch or symbol that the schema does not have");
  return c.lo;
}

/** Items of the next block. A negative count has the block's size behind it. */
function readCount(c: Cursor): number {
  c.zigzag();
  if (c.hi === 0 && c.lo >= 0) return c.lo;
  if (c.hi !== -1 || c.lo >= 0 || c.lo === -0x80000000) c.fail("a block counts too many items");
  const count = -c.lo;
  readLength(c);
  return count;
}
