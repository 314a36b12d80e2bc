// Tests only: walks the checked tree with plain, unoptimised rules, as a second opinion on generated code.
// Operators are implemented here from the language's definition; only named functions come from the runtime.
import type { Checked } from "./checked.ts";
import { EvaluationError } from "./errors.ts";
import * as rt from "./runtime.ts";
import { Duration } from "./time/duration.ts";
import { Instant } from "./time/instant.ts";
import { Special } from "./values.ts";

interface Frame {
  readonly event: Record<string, unknown>;
  readonly locals: ReadonlyMap<number, unknown>;
  readonly pointers: readonly { element: unknown; index: number; accumulator?: unknown }[];
}

const NIL_CHAIN = Symbol("nil chain");

export function evaluate(tree: Checked, event: Record<string, unknown>): unknown {
  rt.begin();
  return walk(tree, { event, locals: new Map(), pointers: [] });
}

function walk(node: Checked, frame: Frame): unknown {
  const go = (child: Checked) => walk(child, frame);
  switch (node.kind) {
    case "literal":
      return node.value;
    case "field":
      return frame.event[node.name] ?? null;
    case "environment":
      return frame.event;
    case "local":
      return frame.locals.get(node.id);
    case "pointer": {
      const at = frame.pointers[node.depth];
      return node.role === "element" ? at.element : node.role === "index" ? BigInt(at.index) : at.accumulator;
    }
    case "unary": {
      const value = go(node.operand);
      if (node.op === "not") return !truth(value);
      if (!isNumber(value)) throw new EvaluationError("number");
      return node.op === "+" ? value : typeof value === "bigint" ? BigInt.asIntN(64, -value) : -value;
    }
    case "binary":
      if (node.op === "in" && isTexts(node.right)) {
        const key = keyText(go(node.left), () => new EvaluationError("in"));
        return node.right.elements.some((element) => go(element) === key);
      }
      return operate(node.op, go(node.left), go(node.right));
    case "logic":
      for (const operand of node.operands.slice(0, -1)) {
        if (truth(go(operand)) === (node.op === "or")) return node.op === "or";
      }
      return go(node.operands.at(-1)!);
    case "coalesce":
      return go(node.left) ?? go(node.right);
    case "conditional":
      return truth(go(node.test)) ? go(node.then) : go(node.otherwise);
    case "member": {
      const object = go(node.object);
      if (node.optional && (object ?? null) === null) throw NIL_CHAIN;
      return rt.fetch(object, go(node.property));
    }
    case "chain":
      try {
        return go(node.body);
      } catch (thrown) {
        if (thrown === NIL_CHAIN) return null;
        throw thrown;
      }
    case "slice":
      return rt.slice(go(node.object), node.from ? go(node.from) : undefined, node.to ? go(node.to) : undefined);
    case "array":
      return rt.arrayOf(...node.elements.map(go));
    case "map":
      return rt.mapOf(...node.entries.flatMap((entry) => [go(entry.key), go(entry.value)]));
    case "call":
      return (rt as unknown as Record<string, (...args: unknown[]) => unknown>)[node.target](...node.args.map(go));
    case "method": {
      const object = go(node.object);
      if (node.optional && (object ?? null) === null) throw NIL_CHAIN;
      return rt.callMethod(object, node.name, ...node.args.map(go));
    }
    case "lambda":
      throw new Error("the language has no functions as values");
    case "predicate":
      return predicate(node, frame);
    case "let":
      return walk(node.body, { ...frame, locals: new Map([...frame.locals, [node.id, go(node.value)]]) });
    case "sequence":
      return node.steps.map(go).at(-1);
  }
}

function predicate(node: Extract<Checked, { kind: "predicate" }>, frame: Frame): unknown {
  const source = elementsOf(walk(node.source, frame));
  const extra = node.extra === null ? undefined : walk(node.extra, frame);
  const call = (element: unknown, index: number, accumulator?: unknown) =>
    node.closure === null
      ? element
      : walk(node.closure, { ...frame, pointers: [...frame.pointers, { element, index, accumulator }] });
  const test = (element: unknown, index: number) => truth(call(element, index));
  switch (node.function) {
    case "all":
      for (let i = 0; i < source.length; i++) if (!test(source[i], i)) return false;
      return true;
    case "any":
    case "none":
      for (let i = 0; i < source.length; i++) if (test(source[i], i)) return node.function === "any";
      return node.function === "none";
    case "one":
      return source.filter(test).length === 1;
    case "count":
      return BigInt(source.filter(test).length);
    case "filter":
      return source.filter(test);
    case "map":
      return source.map((element, i) => call(element, i));
    case "find":
      return source.find(test) ?? null;
    case "sum":
      return source.reduce((total, element, i) => operate("+", total, call(element, i)), 0n);
    case "reduce": {
      if (extra === undefined && source.length === 0) throw new EvaluationError("empty");
      let accumulator = extra === undefined ? source[0] : extra;
      for (let i = extra === undefined ? 1 : 0; i < source.length; i++) accumulator = call(source[i], i, accumulator);
      return accumulator;
    }
    case "findIndex":
    case "findLastIndex": {
      const at = node.function === "findIndex" ? source.findIndex(test) : source.findLastIndex(test);
      return at < 0 ? null : BigInt(at);
    }
    case "findLast":
      return source.findLast(test) ?? null;
    case "groupBy":
      return rt.groupBy(source, call);
    case "sortBy":
      return rt.sortBy(source, call, extra);
  }
}

/** A text has its bytes, an empty map nothing. */
function elementsOf(source: unknown): unknown[] {
  if (Array.isArray(source)) return source;
  if (typeof source === "string") return [...new TextEncoder().encode(source)].map(BigInt);
  if (typeof source === "object" && source !== null && rt.type(source) === "map" && rt.len(source) === 0n) return [];
  throw new EvaluationError("array");
}

function truth(value: unknown): boolean {
  if (typeof value !== "boolean") throw new EvaluationError("bool");
  return value;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function operate(op: string, a: unknown, b: unknown): unknown {
  const strings = typeof a === "string" && typeof b === "string";
  const bothInts = typeof a === "bigint" && typeof b === "bigint";
  const numbers = isNumber(a) && isNumber(b);
  const nil = (a ?? null) === null || (b ?? null) === null;
  const fail = () => new EvaluationError(op);
  if (a instanceof Special || b instanceof Special) return onTimes(op, a, b) ?? raise(fail());
  switch (op) {
    case "==":
      return same(a, b);
    case "!=":
      return !same(a, b);
    case "<":
    case ">":
    case "<=":
    case ">=": {
      if (!strings && !numbers) throw fail();
      const [x, y] = strings ? [[...a].map(codeKey).join(), [...b].map(codeKey).join()] : [Number(a), Number(b)];
      return op === "<" ? x < y : op === ">" ? x > y : op === "<=" ? x <= y : x >= y;
    }
    case "in":
      if ((b ?? null) === null) return false;
      if (Array.isArray(b)) return b.some((element) => same(a, element));
      if (typeof b !== "object") throw fail();
      return Object.hasOwn(b!, keyText(a, fail));
    case "contains":
    case "startsWith":
    case "endsWith":
      if (nil) return false;
      if (!strings) throw fail();
      return op === "contains" ? a.indexOf(b) >= 0 : op === "startsWith" ? a.indexOf(b) === 0 : endsIn(a, b);
    case "matches":
      return rt.matches(a, b);
    case "..":
      return rt.range(a, b);
    case "+":
      if (strings) return a.concat(b);
      break;
    case "%":
      if (!bothInts || b === 0n) throw fail();
      return a - b * (a / b);
  }
  if (!numbers) throw fail();
  if (op === "/") return Number(a) / Number(b);
  if (op === "**") return rt.power(a, b);
  if (bothInts) return BigInt.asIntN(64, op === "+" ? a + b : op === "-" ? a - b : a * b);
  return op === "+" ? Number(a) + Number(b) : op === "-" ? Number(a) - Number(b) : Number(a) * Number(b);
}

function endsIn(text: string, suffix: string): boolean {
  return text.length >= suffix.length && text.substring(text.length - suffix.length) === suffix;
}

function codeKey(char: string): string {
  return char.codePointAt(0)!.toString().padStart(7, "0");
}

/** Order and sums of instants and lengths of time; undefined where there is none. */
function onTimes(op: string, a: unknown, b: unknown): unknown {
  if (op === "==" || op === "!=") {
    const equal = a instanceof Special && a.equals(b, rt.equal);
    return op === "==" ? equal : !equal;
  }
  if (op === "in") return rt.isIn(a, b);
  if (["contains", "startsWith", "endsWith"].includes(op) && ((a ?? null) === null || (b ?? null) === null)) {
    return false;
  }
  if (op === "matches" && ((a ?? null) === null || (b ?? null) === null)) return false;
  const [x, y] = [nanosecondsOf(a), nanosecondsOf(b)];
  const sameKind = a instanceof Instant ? b instanceof Instant : b instanceof Duration;
  switch (op) {
    case "+":
      if (x === null || y === null || (a instanceof Instant && b instanceof Instant)) return undefined;
      if (a instanceof Instant) return new Instant(x + y, a.zone);
      return b instanceof Instant ? new Instant(x + y, b.zone) : new Duration(BigInt.asIntN(64, x + y));
    case "-":
      if (x === null || y === null || (a instanceof Duration && b instanceof Instant)) return undefined;
      if (a instanceof Instant && b instanceof Duration) return new Instant(x - y, a.zone);
      return rt.subtract(a, b);
    case "*":
      if (a instanceof Instant || b instanceof Instant) return undefined;
      if (typeof a === "number" || typeof b === "number") {
        const other = typeof a === "number" ? y : x;
        return other === null ? undefined : Number(other) * (typeof a === "number" ? a : b as number);
      }
      return rt.multiply(a, b);
    case "<":
    case ">":
    case "<=":
    case ">=":
      if (x === null || y === null || !sameKind) return undefined;
      return op === "<" ? x < y : op === ">" ? x > y : op === "<=" ? x <= y : x >= y;
  }
  return undefined;
}

function nanosecondsOf(value: unknown): bigint | null {
  return value instanceof Instant || value instanceof Duration ? value.nanoseconds : null;
}

function raise(error: Error): never {
  throw error;
}

type ArrayNode = Extract<Checked, { kind: "array" }>;

/** A written list of texts is looked up as the keys of a map are. */
function isTexts(node: Checked): node is ArrayNode {
  return node.kind === "array" && node.elements.length > 0 &&
    node.elements.every((element) => element.kind === "literal" && typeof element.value === "string");
}

function keyText(key: unknown, fail: () => Error): string {
  if (typeof key === "string") return key;
  if ((key ?? null) === null) return "";
  throw fail();
}

function same(a: unknown, b: unknown, strict = false): boolean {
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b) && (!strict || typeof a === typeof b);
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  if (a instanceof Special || b instanceof Special) return a instanceof Special && a.equals(b, rt.equal);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(x);
  const inside = strict || !Array.isArray(a);
  return names.length === Object.keys(y).length &&
    names.every((key) => Object.hasOwn(y, key) && same(x[key], y[key], inside));
}
