/**
 * Frozen baseline: each event is parsed, and its filter and outputs are evaluated by walking their trees, node by node,
 * with every value in an object; what is kept becomes JSON again.
 */

export type Tree =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Tree[] };

type FunctionName =
  | "and"
  | "<"
  | ">"
  | ">="
  | "=="
  | "!="
  | "/"
  | "+"
  | "contains"
  | "upper"
  | "lower"
  | "toString"
  | "if";

export const field = (name: string): Tree => ({ kind: "field", name });
export const literal = (value: unknown): Tree => ({ kind: "literal", value });
export const call = (name: FunctionName, ...args: Tree[]): Tree => ({ kind: "call", name, args });

export interface InterpretedPipeline {
  readonly filter?: Tree;
  /** Without outputs the event goes on as it is. */
  readonly outputs?: readonly { readonly name: string; readonly tree: Tree }[];
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The kept events as lines of JSON. */
export function interpret(
  { filter, outputs }: InterpretedPipeline,
  records: { readonly bytes: Uint8Array; readonly starts: Uint32Array },
  from: number,
  to: number,
): Uint8Array {
  const lines: string[] = [];
  for (let i = from; i < to; i++) {
    const event: Record<string, unknown> = JSON.parse(
      decoder.decode(records.bytes.subarray(records.starts[i], records.starts[i + 1])),
    );
    if (filter && evaluate(filter, event) !== true) continue;
    const out = outputs ? Object.fromEntries(outputs.map(({ name, tree }) => [name, evaluate(tree, event)])) : event;
    lines.push(JSON.stringify(out));
  }
  return encoder.encode(lines.join("\n"));
}

function evaluate(tree: Tree, event: Readonly<Record<string, unknown>>): unknown {
  switch (tree.kind) {
    case "field":
      return event[tree.name] ?? null;
    case "literal":
      return tree.value;
    case "call":
      return FUNCTIONS[tree.name](...tree.args.map((arg) => evaluate(arg, event)));
  }
}

const number = (value: unknown): number => {
  if (typeof value !== "number") throw new TypeError("not a number");
  return value;
};
const text = (value: unknown): string => {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
};

const FUNCTIONS: Readonly<Record<FunctionName, (...args: unknown[]) => unknown>> = {
  "and": (a: unknown, b: unknown) => a === true && b === true,
  "<": (a: unknown, b: unknown) => number(a) < number(b),
  ">": (a: unknown, b: unknown) => number(a) > number(b),
  ">=": (a: unknown, b: unknown) => number(a) >= number(b),
  "==": (a: unknown, b: unknown) => a === b,
  "!=": (a: unknown, b: unknown) => a !== b,
  "/": (a: unknown, b: unknown) => number(a) / number(b),
  "+": (a: unknown, b: unknown) => text(a) + text(b),
  contains: (a: unknown, b: unknown) => text(a).includes(text(b)),
  upper: (a: unknown) => text(a).toUpperCase(),
  lower: (a: unknown) => text(a).toLowerCase(),
  toString: (a: unknown) => String(a),
  if: (a: unknown, b: unknown, c: unknown) => a === true ? b : c,
};
