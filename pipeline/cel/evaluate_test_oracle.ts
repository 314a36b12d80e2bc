// For tests: a CEL expression evaluated by walking its syntax tree, as plainly as possible. Shares only the parser with
// the compiler: no checker, no types, no generated code; every value is looked at when it is used.
import type { CelNode } from "./syntax.ts";

export class Failed extends Error {}

/** A uint; ints are bigint, doubles number, maps Map. */
export class Unsigned {
  constructor(readonly value: bigint) {}
}

export type Names = ReadonlyMap<string, unknown>;

export function evaluate(node: CelNode, names: Names): unknown {
  const run = (part: CelNode) => evaluate(part, names);
  switch (node.kind) {
    case "literal": {
      const { literal } = node;
      if (literal.type === "null") return null;
      return literal.type === "uint" ? new Unsigned(literal.value) : literal.value;
    }
    case "ident":
      if (!names.has(node.name)) throw new Failed(`unknown ${node.name}`);
      return names.get(node.name);
    case "select":
      return element(run(node.object), node.field);
    case "index":
      return element(run(node.object), run(node.index));
    case "call":
      return call(node, names);
    case "unary": {
      const value = run(node.operand);
      if (node.op === "!") return !truth(value);
      if (typeof value === "bigint") return int(-value);
      if (typeof value === "number") return -value;
      throw new Failed("-");
    }
    case "binary":
      return binary(node.op, run(node.left), run(node.right));
    case "logic":
      return decide(node.operands.map((operand) => () => run(operand)), node.op === "||");
    case "conditional":
      return truth(run(node.test)) ? run(node.then) : run(node.otherwise);
    case "list":
      return node.elements.map(run);
    case "map":
      return new Map(node.entries.map(({ key, value }) => [run(key), run(value)]));
  }
}

function truth(value: unknown): boolean {
  if (typeof value !== "boolean") throw new Failed("not a bool");
  return value;
}

/** All are run; one that gives `decisive` wins over those that fail. */
function decide(parts: (() => unknown)[], decisive: boolean): boolean {
  const outcomes = parts.map((part) => {
    try {
      return truth(part());
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      return error;
    }
  });
  if (outcomes.includes(decisive)) return decisive;
  const failure = outcomes.find((outcome) => outcome instanceof Failed);
  if (failure !== undefined) throw failure;
  return !decisive;
}

function int(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new Failed("overflow");
  return value;
}

function uint(value: bigint): Unsigned {
  if (BigInt.asUintN(64, value) !== value) throw new Failed("overflow");
  return new Unsigned(value);
}

function binary(op: string, a: unknown, b: unknown): unknown {
  switch (op) {
    case "==":
      return same(a, b);
    case "!=":
      return !same(a, b);
    case "in":
      if (Array.isArray(b)) return b.some((element) => same(a, element));
      if (b instanceof Map) return b.has(a);
      throw new Failed("in");
    case "<":
      return ordered(a, b, (sign) => sign < 0);
    case "<=":
      return ordered(a, b, (sign) => sign <= 0);
    case ">":
      return ordered(a, b, (sign) => sign > 0);
    case ">=":
      return ordered(a, b, (sign) => sign >= 0);
  }
  if (op === "+" && typeof a === "string" && typeof b === "string") return a + b;
  if (op === "+" && Array.isArray(a) && Array.isArray(b)) return a.concat(b);
  if (typeof a === "number" && typeof b === "number" && op !== "%") {
    return op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : a / b;
  }
  if (typeof a === "bigint" && typeof b === "bigint") return int(whole(op, a, b));
  if (a instanceof Unsigned && b instanceof Unsigned) return uint(whole(op, a.value, b.value));
  throw new Failed(op);
}

function whole(op: string, a: bigint, b: bigint): bigint {
  if ((op === "/" || op === "%") && b === 0n) throw new Failed("division by zero");
  // the remainder of the smallest integer by -1 overflows as the quotient does
  if (op === "%" && b === -1n) int(a / b);
  return op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : op === "/" ? a / b : a % b;
}

function numeric(value: unknown): bigint | number | null {
  if (value instanceof Unsigned) return value.value;
  return typeof value === "bigint" || typeof value === "number" ? value : null;
}

function same(a: unknown, b: unknown): boolean {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== null && y !== null) return typeof x === typeof y ? x === y : Number(x) === Number(y);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, i) => same(element, b[i]));
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && same(value, b.get(key)));
  }
  return a === b;
}

function ordered(a: unknown, b: unknown, test: (sign: number) => boolean): boolean {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== null && y !== null) {
    if (typeof x === typeof y) return test(x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN);
    return test(Number(x) - Number(y));
  }
  if (typeof a === "boolean" && typeof b === "boolean") return test(Number(a) - Number(b));
  if (typeof a !== "string" || typeof b !== "string") throw new Failed("order");
  const [left, right] = [[...a], [...b]].map((letters) => letters.map((letter) => letter.codePointAt(0)!));
  const at = left.findIndex((code, i) => code !== right[i]);
  return test(at < 0 ? left.length - right.length : left[at] - (right[at] ?? -1));
}

function element(object: unknown, key: unknown): unknown {
  if (object instanceof Map) {
    if (!object.has(key)) throw new Failed("no such key");
    return object.get(key);
  }
  const at = numeric(key);
  if (!Array.isArray(object) || at === null || object[Number(at)] === undefined) throw new Failed("index");
  return object[Number(at)];
}

function call({ name, receiver, args }: Extract<CelNode, { kind: "call" }>, names: Names): unknown {
  const run = (part: CelNode) => evaluate(part, names);
  if (name === "has" && args[0].kind === "select") {
    const object = run(args[0].object);
    if (Array.isArray(object)) throw new Failed("has");
    return object instanceof Map && object.has(args[0].field);
  }
  if (receiver !== null && args.length > 1 && args[0].kind === "ident") return macro(name, run(receiver), args, names);
  const [first, second] = [...(receiver === null ? [] : [receiver]), ...args].map(run);
  switch (name) {
    case "dyn":
      return first;
    case "size":
      if (typeof first === "string") return BigInt([...first].length);
      if (Array.isArray(first)) return BigInt(first.length);
      if (first instanceof Map) return BigInt(first.size);
      throw new Failed("size");
    case "int":
      if (typeof first === "bigint") return first;
      if (first instanceof Unsigned) return int(first.value);
      if (typeof first !== "number" || Math.abs(first) >= 2 ** 63 || Number.isNaN(first)) throw new Failed("int");
      return BigInt(Math.trunc(first));
    case "double":
      if (numeric(first) === null) throw new Failed("double");
      return Number(numeric(first));
    case "contains":
    case "startsWith":
    case "endsWith": {
      if (typeof first !== "string" || typeof second !== "string") throw new Failed(name);
      const at = name === "contains" ? first.indexOf(second) : name === "startsWith" ? 0 : first.length - second.length;
      return at >= 0 && first.slice(at, at + second.length) === second;
    }
  }
  throw new Failed(`unknown function ${name}`);
}

function macro(name: string, range: unknown, args: readonly CelNode[], names: Names): unknown {
  const elements = range instanceof Map ? [...range.keys()] : range;
  if (!Array.isArray(elements) || args[0].kind !== "ident") throw new Failed(name);
  const variable = args[0].name;
  const each = elements.map((value) => (body: CelNode) => evaluate(body, new Map([...names, [variable, value]])));
  const [, first, second] = args;
  const chosen = () => each.filter((run) => truth(run(first)));
  switch (name) {
    case "all":
    case "exists":
      return decide(each.map((run) => () => run(first)), name === "exists");
    case "exists_one":
      return chosen().length === 1;
    case "filter": {
      const kept = new Set(chosen());
      return elements.filter((_, i) => kept.has(each[i]));
    }
    case "map":
      return second === undefined ? each.map((run) => run(first)) : chosen().map((run) => run(second));
  }
  throw new Failed(`unknown macro ${name}`);
}
