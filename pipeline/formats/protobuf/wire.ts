/** Protobuf's wire format below messages: tags, scalars, and how far a value goes. */
import type { Cursor } from "../cursor.ts";
import { type Scalar, WIRE_TYPES } from "./schema.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const DELIMITED = 2;
const GROUP = 3;
const GROUP_END = 4;
export const FIXED32 = 5;

/** The next tag: the field's number, and its wire type in the lowest three bits. */
export function readTag(c: Cursor): number {
  c.varint();
  const tag = c.lo >>> 0;
  if (c.hi !== 0 || tag >>> 3 === 0) c.fail("a field without a valid number");
  return tag;
}

export function readLength(c: Cursor): number {
  c.varint();
  if (c.hi !== 0 || c.lo < 0) c.fail("a length is too large");
  return c.lo;
}

/** Goes over a value whose tag was read. */
export function skipValue(c: Cursor, tag: number): void {
  switch (tag & 7) {
    case VARINT:
      return c.varint();
    case FIXED64:
      return void c.over(8);
    case DELIMITED:
      return void c.over(readLength(c));
    case FIXED32:
      return void c.over(4);
    case GROUP: {
      c.enter();
      for (let inner = readTag(c); (inner & 7) !== GROUP_END; inner = readTag(c)) skipValue(c, inner);
      return c.leave();
    }
    default:
      c.fail("a field of no known wire type");
  }
}

/** A whole number or bool into `lo` and `hi`, as wide as its type. */
export function readWhole(c: Cursor, scalar: Scalar): void {
  switch (WIRE_TYPES[scalar]) {
    case FIXED64: {
      const at = c.over(8);
      c.lo = c.view.getInt32(at, true);
      c.hi = c.view.getInt32(at + 4, true);
      return;
    }
    case FIXED32:
      c.lo = c.view.getInt32(c.over(4), true);
      break;
    default:
      if (scalar === "sint64" || scalar === "sint32") c.zigzag();
      else c.varint();
      if (scalar === "bool") {
        c.lo = (c.lo | c.hi) === 0 ? 0 : 1;
        c.hi = 0;
        return;
      }
      if (scalar.endsWith("64")) return;
  }
  c.hi = scalar.startsWith("u") || scalar === "fixed32" ? 0 : c.lo >> 31;
}

export const isSigned = (scalar: Scalar): boolean => !scalar.startsWith("u") && !scalar.startsWith("fixed");
