/**
 * A layout prepared for blocks: parsed types, and each column's header (name and type) in wire form.
 *
 * Prepared once per layout object and remembered with it, so layouts must not be changed after use.
 */
import { parseType } from "./parse_type.ts";
import { varintLength, writeVarint } from "./string_writer.ts";
import type { ChType, Layout } from "./types.ts";

export interface PreparedColumn {
  readonly name: string;
  readonly typeText: string;
  readonly type: ChType;
  readonly header: Uint8Array;
}

const encoder = new TextEncoder();
const prepared = new WeakMap<Layout, readonly PreparedColumn[]>();

export function prepareLayout(layout: Layout): readonly PreparedColumn[] {
  let columns = prepared.get(layout);
  if (columns === undefined) {
    columns = layout.map(({ name, type }) => ({
      name,
      typeText: type,
      type: parseType(type),
      header: columnHeader(name, type),
    }));
    prepared.set(layout, columns);
  }
  return columns;
}

function columnHeader(name: string, type: string): Uint8Array {
  const nameBytes = encoder.encode(name), typeBytes = encoder.encode(type);
  const nameAt = varintLength(nameBytes.length);
  const typeAt = nameAt + nameBytes.length + varintLength(typeBytes.length);
  const out = new Uint8Array(typeAt + typeBytes.length);
  out.set(nameBytes, writeVarint(out, 0, nameBytes.length));
  out.set(typeBytes, writeVarint(out, nameAt + nameBytes.length, typeBytes.length));
  return out;
}
