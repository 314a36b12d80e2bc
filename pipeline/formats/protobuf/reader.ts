/**
 * Protobuf messages of one type → slots, in one walk over the bytes. The last value of a field counts, messages are merged, and
 * what the schema does not know is gone over. Arrays, maps and whole messages become JSON text when the record has ended.
 */
import type { Cursor } from "../cursor.ts";
import type { WantedField } from "../field.ts";
import type { Slots } from "../slots.ts";
import { type WantedNode, wantedTree } from "../wanted_tree.ts";
import { note, type Places, renderField, wireTypeOf } from "./render.ts";
import type { ProtoField, ProtoMessage, ProtoType, Scalar } from "./schema.ts";
import { DELIMITED, readLength, readTag, readWhole, skipValue } from "./wire.ts";

type Step = (cursor: Cursor, slots: Slots) => void;

/** What is done with one field of a message. */
interface Handler {
  readonly field: ProtoField;
  /** −1: not as a whole. */
  readonly slot: number;
  readonly take: Step | null;
  /** Of a message: the fields inside of it. */
  readonly inside: Handlers | null;
  /** Rendered at the end: where its values lie. */
  readonly places: Places | null;
}

interface Handlers {
  readonly byNumber: ReadonlyMap<number, Handler>;
  readonly all: readonly Handler[];
  /** Whether the record has the message. */
  present: boolean;
}

const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);

/** Throws `Undecodable` at what does not fit. */
export function protoReader(message: ProtoMessage, wanted: readonly WantedField[]): Step {
  const root = handlersOf(message, wantedTree(wanted));
  const every = [root];
  for (let i = 0; i < every.length; i++) every.push(...every[i].all.flatMap(({ inside }) => inside ?? []));
  const rendered = every.flatMap((owner) =>
    owner.all.flatMap(({ field, slot, places }) => places ? [{ owner, field, slot, places }] : [])
  );
  return (c, slots) => {
    for (let i = 0; i < every.length; i++) every[i].present = false;
    for (let i = 0; i < rendered.length; i++) rendered[i].places.length = 0;
    walk(c, slots, root, c.end);
    for (let i = 0; i < rendered.length; i++) {
      const { owner, field, slot, places } = rendered[i];
      if (!owner.present || (field.presence && places.length === 0)) continue;
      const { length } = slots.json;
      renderField(c, slots.json, field, places);
      slots.text(slot, length);
    }
  };
}

function handlersOf({ fields }: ProtoMessage, wanted: ReadonlyMap<string, WantedNode>): Handlers {
  const all = fields.flatMap((field): Handler[] => {
    const node = wanted.get(field.name);
    if (!node) return [];
    const { slot } = node;
    const single = !field.repeated && field.key === null;
    const message = single && field.type.kind === "message" ? field.type.message : null;
    return [{
      field,
      slot,
      take: single && !message && slot >= 0 ? take(field.type, slot) : null,
      inside: message && node.inside.size > 0 ? handlersOf(message, node.inside) : null,
      places: slot >= 0 && (message || !single) ? [] : null,
    }];
  });
  return { all, byNumber: new Map(all.map((each) => [each.field.number, each])), present: false };
}

function walk(c: Cursor, slots: Slots, handlers: Handlers, end: number): void {
  if (!handlers.present) {
    handlers.present = true;
    zeros(handlers, slots);
  }
  while (c.p < end) {
    const tag = readTag(c);
    const handler = handlers.byNumber.get(tag >>> 3);
    if (!handler) {
      skipValue(c, tag);
      continue;
    }
    const { field, take, inside, places } = handler;
    if (take) {
      if ((tag & 7) !== wireTypeOf(field.type)) wrongWireType(c, field);
      take(c, slots);
      continue;
    }
    const start = c.p;
    if (places) note(c, field, tag, places);
    if (!inside) continue;
    if ((tag & 7) !== DELIMITED) wrongWireType(c, field);
    c.p = start;
    const length = readLength(c);
    const outer = c.end;
    c.over(length);
    c.end = c.p;
    c.p -= length;
    c.enter();
    walk(c, slots, inside, c.end);
    c.leave();
    c.end = outer;
  }
}

/** Fields that do not know "absent" are zero until they come. */
function zeros({ all }: Handlers, slots: Slots): void {
  for (let i = 0; i < all.length; i++) {
    const { field, slot, take } = all[i];
    if (!take || field.presence) continue;
    const { type } = field;
    if (type.kind === "enum") slots.constant(slot, encoder.encode(type.names.get(0) ?? "0"));
    else if (type.kind === "scalar" && (type.scalar === "string" || type.scalar === "bytes")) {
      slots.constant(slot, EMPTY);
    } else slots.wide(slot, 0, 0);
  }
}

function take(type: ProtoType, slot: number): Step {
  if (type.kind === "enum") {
    const names = new Map([...type.names].map(([value, name]) => [value, encoder.encode(name)]));
    return (c, slots) => {
      readWhole(c, "int32");
      slots.constant(slot, names.get(c.lo) ?? encoder.encode(String(c.lo)));
    };
  }
  return takeScalar((type as { scalar: Scalar }).scalar, slot);
}

function takeScalar(scalar: Scalar, slot: number): Step {
  switch (scalar) {
    case "double":
      return (c, slots) => slots.real(slot, c.view.getFloat64(c.over(8), true));
    case "float":
      return (c, slots) => slots.real(slot, c.view.getFloat32(c.over(4), true));
    case "string":
      return (c, slots) => {
        const at = c.over(readLength(c));
        c.text(at, c.p);
        slots.place(slot, at, c.p);
      };
    case "bytes":
      return (c, slots) => {
        const at = c.over(readLength(c));
        slots.place(slot, at, c.p);
      };
    default:
      return (c, slots) => {
        readWhole(c, scalar);
        slots.wide(slot, c.lo, c.hi);
      };
  }
}

function wrongWireType(c: Cursor, { name }: ProtoField): never {
  c.fail(`field '${name}' has another wire type than the schema says`);
}
