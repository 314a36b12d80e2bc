/**
 * A list of key/value ranges in the arena: the attributes of one record, scope or resource. `finish` brings them into
 * the order of a map column: keys sorted bytewise, of equal keys the last one kept.
 */
import { writeVarint } from "../pipeline/native/string_writer.ts";
import type { Arena } from "./arena.ts";

/** Int32 slots per entry: start and end of the key, start and end of the value. */
const SLOTS = 4;
/** How many orders of keys are remembered (a power of two), and how long ones. */
const SHAPES = 16;
const MAX_SHAPE = 64;
/** Above this many entries, sorting changes from insertion to a general sort. */
const INSERTION_LIMIT = 32;

export class AttributeList {
  count = 0;
  /** Four per entry: key start, key end, value start, value end. */
  spans = new Int32Array(32 * SLOTS);
  /** Bytes of keys and values as length-prefixed strings; valid after {@link finish}. */
  encodedLength = 0;
  /** Ranges of all keys and of all values as length-prefixed strings; valid after {@link encode}. */
  keysStart = 0;
  keysEnd = 0;
  valuesStart = 0;
  valuesEnd = 0;
  /** Lists seen before, and where their entries went: a request's records have few sets of keys, each in one order. */
  readonly #shapes: Shape[] = [];
  #order = new Int32Array(32);
  #moved = new Int32Array(32 * SLOTS);

  /** Empties the list. */
  clear(): void {
    this.count = 0;
    this.encodedLength = 0;
    this.keysStart =
      this.keysEnd =
      this.valuesStart =
      this.valuesEnd =
        0;
  }

  /** To be called when the arena's contents change: remembered ranges are void. */
  forget(): void {
    this.clear();
    for (const shape of this.#shapes) shape.count = 0;
  }

  add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    let at = this.count++ * SLOTS;
    if (at === this.spans.length) this.#grow();
    const spans = this.spans;
    spans[at++] = keyStart;
    spans[at++] = keyEnd;
    spans[at++] = valueStart;
    spans[at] = valueEnd;
  }

  finish(arena: Arena): void {
    if (this.count > 1 && !this.#sortAsBefore(arena)) this.#sort(arena.bytes, arena.bodyLength);
    const spans = this.spans;
    const end = this.count * SLOTS;
    let length = 0;
    for (let at = 0; at < end; at += SLOTS) {
      length += encodedLength(spans[at + 1] - spans[at]) + encodedLength(spans[at + 3] - spans[at + 2]);
    }
    this.encodedLength = length;
  }

  /** Writes the finished list in column form: for attributes that many rows repeat. */
  encode(arena: Arena): void {
    arena.reserve(this.encodedLength);
    this.keysStart = arena.top;
    this.#encodeEvery(arena, 0);
    this.keysEnd = this.valuesStart = arena.top;
    this.#encodeEvery(arena, 2);
    this.valuesEnd = arena.top;
    arena.check();
  }

  #encodeEvery(arena: Arena, slot: number): void {
    const { bytes } = arena;
    let top = arena.top;
    for (let at = slot; at < this.count * SLOTS; at += SLOTS) {
      const start = this.spans[at];
      const end = this.spans[at + 1];
      top = writeVarint(bytes, top, end - start);
      bytes.copyWithin(top, start, end);
      top += end - start;
    }
    arena.top = top;
  }

  /** The index of a key given as UTF-8, or −1. */
  find(arena: Arena, key: Uint8Array): number {
    const { bytes } = arena;
    const spans = this.spans;
    next: for (let i = 0, at = 0; i < this.count; i++, at += SLOTS) {
      const start = spans[at];
      if (spans[at + 1] - start !== key.length) continue;
      for (let k = 0; k < key.length; k++) if (bytes[start + k] !== key[k]) continue next;
      return i;
    }
    return -1;
  }

  #grow(): void {
    const grown = new Int32Array(this.spans.length * 2);
    grown.set(this.spans);
    this.spans = grown;
  }

  /** The place among `#shapes` of a list with keys of these lengths. */
  #shapeIndex(): number {
    const { spans, count } = this;
    let hash = count;
    for (let i = 0; i < count; i++) hash = Math.imul(hash, 31) + spans[SLOTS * i + 1] - spans[SLOTS * i] | 0;
    return (hash ^ (hash >>> 15)) & (SHAPES - 1);
  }

  /** If the keys are those of a list sorted before, in the same order, moves the entries the same way. */
  #sortAsBefore({ view }: Arena): boolean {
    const { spans, count } = this;
    const shape = this.#shapes.length === 0 ? undefined : this.#shapes[this.#shapeIndex()];
    if (shape?.count !== count) return false;
    const { keys } = shape;
    for (let i = 0; i < count; i++) {
      const start = spans[SLOTS * i];
      const length = spans[SLOTS * i + 1] - start;
      if (keys[2 * i + 1] !== length || !equalText(view, keys[2 * i], start, length)) return false;
    }
    if (!shape.sorted) this.#apply(shape.order, count);
    return true;
  }

  #sort(bytes: Uint8Array, bodyLength: number): void {
    const count = this.count;
    const spans = this.spans;
    const compare = (a: number, b: number): number =>
      compareRanges(bytes, spans[a * SLOTS], spans[a * SLOTS + 1], spans[b * SLOTS], spans[b * SLOTS + 1]) || a - b;
    if (this.#order.length < count) this.#order = new Int32Array(count * 2);
    const order = this.#order.subarray(0, count);
    for (let i = 0; i < count; i++) order[i] = i;
    if (count > INSERTION_LIMIT) order.sort(compare);
    else {
      for (let i = 1; i < count; i++) {
        const entry = order[i];
        let at = i;
        for (; at > 0 && compare(order[at - 1], entry) > 0; at--) order[at] = order[at - 1];
        order[at] = entry;
      }
    }
    // Equal keys stand next to each other in the order they came: keep the last.
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const a = order[i] * SLOTS;
      const b = i + 1 < count ? order[i + 1] * SLOTS : -1;
      if (b >= 0 && equalRanges(bytes, spans[a], spans[a + 1], spans[b], spans[b + 1])) continue;
      order[kept++] = order[i];
    }
    if (kept === count) this.#remember(order, bodyLength);
    this.#apply(order, kept);
  }

  /** Keys outside of the body are not remembered: the next record overwrites rendered text. */
  #remember(order: Int32Array, bodyLength: number): void {
    const { spans, count } = this;
    if (count > MAX_SHAPE) return;
    for (let i = 0; i < count; i++) if (spans[SLOTS * i + 1] > bodyLength) return;
    while (this.#shapes.length < SHAPES) this.#shapes.push(new Shape());
    const shape = this.#shapes[this.#shapeIndex()];
    shape.sorted = true;
    for (let i = 0; i < count; i++) {
      shape.keys[2 * i] = spans[SLOTS * i];
      shape.keys[2 * i + 1] = spans[SLOTS * i + 1] - spans[SLOTS * i];
      shape.order[i] = order[i];
      if (order[i] !== i) shape.sorted = false;
    }
    shape.count = count;
  }

  /** Brings the entries named by `order` to the front. */
  #apply(order: Int32Array, count: number): void {
    const spans = this.spans;
    if (this.#moved.length < spans.length) this.#moved = new Int32Array(spans.length);
    const moved = this.#moved;
    for (let i = 0, to = 0; i < count; i++, to += SLOTS) {
      const from = order[i] * SLOTS;
      moved[to] = spans[from];
      moved[to + 1] = spans[from + 1];
      moved[to + 2] = spans[from + 2];
      moved[to + 3] = spans[from + 3];
    }
    this.#moved = spans;
    this.spans = moved;
    this.count = count;
  }
}

/** A list's keys in the order they came, and the order they belong in. */
class Shape {
  /** 0: nothing is remembered. */
  count = 0;
  sorted = false;
  /** Two per entry: a key's start and its length. */
  readonly keys = new Int32Array(MAX_SHAPE * 2);
  readonly order = new Int32Array(MAX_SHAPE);
}

/** Bytes of a string of this length with its length prefix. */
export function encodedLength(length: number): number {
  if (length < 0x80) return length + 1;
  if (length < 0x4000) return length + 2;
  if (length < 0x200000) return length + 3;
  return length + (length < 0x10000000 ? 4 : 5);
}

/** Bytewise order of two ranges; a prefix comes first. */
export function compareRanges(bytes: Uint8Array, start: number, end: number, start2: number, end2: number): number {
  const shorter = Math.min(end - start, end2 - start2);
  for (let i = 0; i < shorter; i++) {
    const difference = bytes[start + i] - bytes[start2 + i];
    if (difference !== 0) return difference;
  }
  return end - start - (end2 - start2);
}

function equalRanges(bytes: Uint8Array, start: number, end: number, start2: number, end2: number): boolean {
  const length = end - start;
  if (end2 - start2 !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[start2 + i]) return false;
  return true;
}

/** The same for ranges of one length, word by word: what is read past their ends is masked. */
function equalText(view: DataView, start: number, start2: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) if (view.getInt32(start + i, true) !== view.getInt32(start2 + i, true)) return false;
  if (i === length) return true;
  return (view.getInt32(start + i, true) ^ view.getInt32(start2 + i, true)) << (8 * (4 - length + i)) === 0;
}
