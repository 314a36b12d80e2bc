/**
 * Where the declared fields are found in a record: the tree of keys, and the generated code that tells keys apart.
 *
 * A slot is a place whose value's position is kept while a record is scanned. A dotted field has two: the key that
 * bears its whole name, and the end of its path.
 */
import type { ScanField } from "./fields.ts";

export interface KeyNode {
  readonly id: number;
  /** Objects around this node's members, itself included. */
  readonly depth: number;
  readonly members: Map<string, Member>;
}

export interface Member {
  /** Slot of a field that ends here, or -1. */
  slot: number;
  /** Keys to look for if the value is an object. */
  child: KeyNode | null;
}

export interface KeyTree {
  readonly nodes: readonly KeyNode[];
  readonly slots: number;
  /** Per field: slot of the key with the whole name, and slot at the end of the path (-1 for a name without dots). */
  readonly places: readonly { literal: number; path: number }[];
}

const MAX_SEGMENTS = 64;

export function buildKeyTree(fields: readonly ScanField[]): KeyTree {
  const nodes: KeyNode[] = [{ id: 0, depth: 1, members: new Map() }];
  let slots = 0;
  const memberOf = (node: KeyNode, key: string): Member => {
    let member = node.members.get(key);
    if (member === undefined) node.members.set(key, member = { slot: -1, child: null });
    return member;
  };
  const names = new Set<string>();
  const places = fields.map(({ name }) => {
    if (names.has(name)) throw new TypeError(`field '${name}' is declared twice`);
    if (!name.isWellFormed()) throw new TypeError(`field ${JSON.stringify(name)} is not well-formed Unicode`);
    names.add(name);
    const literal = memberOf(nodes[0], name).slot = slots++;
    const segments = name.split(".");
    if (segments.length === 1) return { literal, path: -1 };
    if (segments.length > MAX_SEGMENTS) {
      throw new RangeError(`field '${name.slice(0, 40)}…' has more than ${MAX_SEGMENTS} path segments`);
    }
    let node = nodes[0];
    for (const segment of segments.slice(0, -1)) {
      const member = memberOf(node, segment);
      if (member.child === null) {
        member.child = { id: nodes.length, depth: node.depth + 1, members: new Map() };
        nodes.push(member.child);
      }
      node = member.child;
    }
    const path = memberOf(node, segments[segments.length - 1]).slot = slots++;
    return { literal, path };
  });
  return { nodes, slots, places };
}

/** What the key function returns for a member: its slot, or -2 - (the child's node number). */
export function memberCode(member: Member): number {
  return member.child === null ? member.slot : -2 - member.child.id;
}

/** All slots below a node. */
export function slotsBelow(node: KeyNode): number[] {
  const out: number[] = [];
  for (const member of node.members.values()) {
    if (member.slot >= 0) out.push(member.slot);
    if (member.child !== null) out.push(...slotsBelow(member.child));
  }
  return out;
}

/**
 * Code of a function `(buf, view, k, n)` that maps the key of `n` bytes at `k` to its member code, -1 for none:
 * by length, then by the byte that tells the most candidates apart, then all bytes, four at a time.
 */
export function keyFunction(node: KeyNode): string {
  const byLength = new Map<number, Candidate[]>();
  for (const [key, member] of node.members) {
    const bytes = new TextEncoder().encode(key);
    const list = byLength.get(bytes.length);
    const candidate = { bytes, code: memberCode(member) };
    if (list === undefined) byLength.set(bytes.length, [candidate]);
    else list.push(candidate);
  }
  const cases = [...byLength].map(([length, list]) => `case ${length}: {${choose(list)} return -1;}`);
  return `function key${node.id}(buf, view, k, n) { switch (n) { ${cases.join("\n")} } return -1; }\n`;
}

interface Candidate {
  readonly bytes: Uint8Array;
  readonly code: number;
}

function choose(candidates: readonly Candidate[]): string {
  if (candidates.length <= 2) {
    return candidates.map(({ bytes, code }) => `if (${equals(bytes)}) return ${code};`).join(" ");
  }
  let best = new Map<number, Candidate[]>();
  let at = 0;
  for (let i = 0; i < candidates[0].bytes.length; i++) {
    const groups = Map.groupBy(candidates, ({ bytes }) => bytes[i]);
    if (groups.size > best.size) [best, at] = [groups, i];
  }
  const cases = [...best].map(([byte, list]) => `case ${byte}: {${choose(list)} return -1;}`);
  return `switch (buf[k + ${at}]) { ${cases.join("\n")} }`;
}

function equals(bytes: Uint8Array): string {
  const n = bytes.length;
  if (n === 0) return "true";
  if (n < 4) return Array.from(bytes, (byte, i) => `buf[k + ${i}] === ${byte}`).join(" && ");
  const words = new DataView(bytes.buffer, bytes.byteOffset, n);
  const tests: string[] = [];
  for (let i = 0; i < n; i += 4) {
    const offset = Math.min(i, n - 4); // the last word overlaps the one before it
    tests.push(`view.getInt32(k + ${offset}, true) === ${words.getInt32(offset, true)}`);
  }
  return tests.join(" && ");
}
