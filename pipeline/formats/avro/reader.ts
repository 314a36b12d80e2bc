/** Avro records of one schema → slots: wanted fields are taken as the record is walked, the others are gone over. */
import type { Cursor } from "../cursor.ts";
import type { WantedField } from "../field.ts";
import type { Slots } from "../slots.ts";
import { type WantedNode, wantedTree } from "../wanted_tree.ts";
import { decimalText } from "./decimal.ts";
import { mainBranch } from "./fields.ts";
import { readBoolean, readIndex, readInt, readLength, readLong, Renders } from "./render.ts";
import type { AvroRecord, AvroType } from "./schema.ts";

type Step = (cursor: Cursor, slots: Slots) => void;

const encoder = new TextEncoder();

/** Throws `Undecodable` at what does not fit. The whole payload must be the record. */
export function avroReader(schema: AvroRecord, wanted: readonly WantedField[]): Step {
  const steps = new Steps(wanted);
  const read = steps.record(schema, wantedTree(wanted));
  return (cursor, slots) => {
    read(cursor, slots);
    if (cursor.p !== cursor.end) cursor.fail("there is more than the schema says");
  };
}

class Steps {
  readonly #renders = new Renders();

  constructor(readonly wanted: readonly WantedField[]) {}

  record({ fields }: AvroRecord, wanted: ReadonlyMap<string, WantedNode>): Step {
    const steps = fields.map(({ name, type }) => this.#member(type, wanted.get(name)));
    return (c, slots) => {
      for (let i = 0; i < steps.length; i++) steps[i](c, slots);
    };
  }

  #member(type: AvroType, node: WantedNode | undefined): Step {
    if (!node) {
      const skip = this.#renders.of(type);
      return (c) => skip(c, null);
    }
    if (node.inside.size === 0) return this.#take(type, node.slot);
    const inside = this.#inside(type, node.inside);
    if (node.slot < 0) return inside;
    const whole = this.#take(type, node.slot);
    return (c, slots) => {
      const { p, items } = c;
      whole(c, slots);
      c.p = p;
      c.items = items;
      inside(c, slots);
    };
  }

  #inside(type: AvroType, wanted: ReadonlyMap<string, WantedNode>): Step {
    if (type.kind === "record") return this.record(type, wanted);
    if (type.kind !== "union") {
      const skip = this.#renders.of(type);
      return (c) => skip(c, null);
    }
    const main = mainBranch(type);
    const branches = type.branches.map((branch): Step => {
      if (branch.kind === "null") return () => {};
      if (branch === main) return this.#inside(branch, wanted);
      return (c) => c.fail(`expected ${main?.kind}, got ${branch.kind}`);
    });
    return (c, slots) => branches[readIndex(c, branches.length)](c, slots);
  }

  #take(type: AvroType, slot: number): Step {
    const { name, type: asked } = this.wanted[slot];
    switch (type.kind) {
      case "null":
        return () => {};
      case "union": {
        const branches = type.branches.map((branch): Step =>
          branch.kind === "null" || fits(branch, asked)
            ? this.#take(branch, slot)
            : (c) => c.fail(`field '${name}': expected ${asked}, got ${branch.kind}`)
        );
        return (c, slots) => branches[readIndex(c, branches.length)](c, slots);
      }
      case "boolean":
        return (c, slots) => slots.wide(slot, readBoolean(c), 0);
      case "int":
      case "long": {
        const read = type.kind === "int" ? readInt : readLong;
        return (c, slots) => {
          read(c);
          slots.wide(slot, c.lo, c.hi);
        };
      }
      case "float":
        return (c, slots) => slots.real(slot, c.view.getFloat32(c.over(4), true));
      case "double":
        return (c, slots) => slots.real(slot, c.view.getFloat64(c.over(8), true));
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
      case "fixed":
        return (c, slots) => {
          const at = c.over(type.size);
          slots.place(slot, at, c.p);
        };
      case "decimal":
        return (c, slots) => {
          const at = c.over(type.size < 0 ? readLength(c) : type.size);
          const { length } = slots.json;
          slots.json.raw(decimalText(c.bytes, at, c.p, type.scale));
          slots.text(slot, length);
        };
      case "enum": {
        const symbols = type.symbols.map((symbol) => encoder.encode(symbol));
        return (c, slots) => slots.constant(slot, symbols[readIndex(c, symbols.length)]);
      }
      default: {
        const render = this.#renders.of(type);
        return (c, slots) => {
          const { length } = slots.json;
          render(c, slots.json);
          slots.text(slot, length);
        };
      }
    }
  }
}

/** Whether a branch's values may stand in a column of this type. */
function fits(branch: AvroType, asked: WantedField["type"]): boolean {
  switch (branch.kind) {
    case "boolean":
      return asked === "bool";
    case "int":
    case "long":
      return asked === "int" || asked === "float";
    case "float":
    case "double":
      return asked === "float";
    case "array":
      return asked === "array";
    case "map":
    case "record":
      return asked === "map";
    default:
      return asked === "string";
  }
}
