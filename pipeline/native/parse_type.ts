/**
 * Reads a ClickHouse type text into a `ChType`.
 *
 * Accepts what the engine prints (`system.columns.type`, Native block headers) plus the hand-written spellings
 * `Enum(...)`, enum labels without numbers, `Decimal`, `Decimal(P)` and `Decimal32(S)` to `Decimal256(S)`. Types that
 * are others under a name of their own become those: `Nested(...)` an array of tuples, `Point` and the other shapes
 * arrays of number pairs, `SimpleAggregateFunction(f, T)` is T. Throws `UnsupportedType`; never recurses without bound.
 */
import { UnsupportedType } from "./errors.ts";
import type { ChType, TupleElement } from "./types.ts";

const MAX_DEPTH = 32;

const SIMPLE = new Map<string, ChType>([
  ...[8, 16, 32, 64, 128, 256].flatMap((bits) => [
    [`Int${bits}`, { kind: "Int", bits } as ChType] as const,
    [`UInt${bits}`, { kind: "UInt", bits } as ChType] as const,
  ]),
  ["BFloat16", { kind: "Float", bits: 16 }],
  ["Float32", { kind: "Float", bits: 32 }],
  ["Float64", { kind: "Float", bits: 64 }],
  ...(["Bool", "String", "UUID", "Date", "Date32", "Time", "IPv4", "IPv6"] as const).map((kind) =>
    [kind, { kind } as ChType] as const
  ),
  ["DateTime", { kind: "DateTime" }],
  ["Decimal", { kind: "Decimal", precision: 10, scale: 0 }],
  ["JSON", { kind: "JSON", parameters: "" }],
  ...shapes(),
]);

/** Places in the plane: pairs of coordinates, lines and rings of pairs, and collections of those. */
function shapes(): [string, ChType][] {
  const array = (inner: ChType): ChType => ({ kind: "Array", inner });
  const coordinate: TupleElement = { type: { kind: "Float", bits: 64 } };
  const point: ChType = { kind: "Tuple", elements: [coordinate, coordinate] };
  const line = array(point), lines = array(line);
  return [
    ["Point", point],
    ["LineString", line],
    ["Ring", line],
    ["MultiLineString", lines],
    ["Polygon", lines],
    ["MultiPolygon", array(lines)],
  ];
}

const DECIMAL_PRECISION = new Map([["Decimal32", 9], ["Decimal64", 18], ["Decimal128", 38], ["Decimal256", 76]]);

/** What cannot be inside `Nullable`, and what can be inside `LowCardinality`: strings, numbers and whole units of time. */
const NEVER_NULLABLE = new Set<string>(["Nullable", "LowCardinality", "Array", "Map"]);
const LOW_CARDINALITY_INNER = new Set<string>(
  "Int UInt Float Bool String FixedString UUID Date Date32 DateTime Time IPv4 IPv6".split(" "),
);

export function parseType(text: string): ChType {
  const parser = new TypeParser(text);
  const type = parser.type(0);
  parser.finish();
  return type;
}

class TypeParser {
  private at = 0;
  constructor(private readonly text: string) {}

  type(depth: number): ChType {
    if (depth > MAX_DEPTH) throw this.fail(`nested more than ${MAX_DEPTH} levels deep`);
    const name = this.word();
    if (name === "") throw this.fail(`expected a type name at position ${this.at}`);
    if (!this.take("(")) {
      const simple = SIMPLE.get(name);
      if (simple === undefined) throw this.fail(`${JSON.stringify(name)} is unknown or needs parameters`);
      return simple;
    }
    const type = this.parametric(name, depth + 1);
    this.expect(")");
    return type;
  }

  private parametric(name: string, depth: number): ChType {
    switch (name) {
      case "FixedString": {
        const length = this.integer();
        if (length < 1 || length > 0xffffff) throw this.fail("FixedString needs a length between 1 and 16777215");
        return { kind: "FixedString", length };
      }
      case "DateTime":
        return { kind: "DateTime", zone: this.quoted("'") };
      case "DateTime64": {
        const scale = this.integer();
        if (scale < 0 || scale > 9) throw this.fail("DateTime64 needs a precision between 0 and 9");
        return this.take(",") ? { kind: "DateTime64", scale, zone: this.quoted("'") } : { kind: "DateTime64", scale };
      }
      case "Enum":
      case "Enum8":
      case "Enum16":
        return this.enumeration(name);
      case "Nullable": {
        const inner = this.type(depth);
        if (NEVER_NULLABLE.has(inner.kind)) throw this.fail(`Nullable cannot hold ${inner.kind}`);
        return { kind: "Nullable", inner };
      }
      case "LowCardinality": {
        const inner = this.type(depth);
        const value = inner.kind === "Nullable" ? inner.inner : inner;
        if (!LOW_CARDINALITY_INNER.has(value.kind)) throw this.fail(`LowCardinality cannot hold ${value.kind}`);
        return { kind: "LowCardinality", inner };
      }
      case "Array":
        return { kind: "Array", inner: this.type(depth) };
      case "Map": {
        const key = this.type(depth);
        if (key.kind === "Nullable" || (key.kind === "LowCardinality" && key.inner.kind === "Nullable")) {
          throw this.fail("a Map key cannot be Nullable");
        }
        this.expect(",");
        return { kind: "Map", key, value: this.type(depth) };
      }
      case "Tuple":
        return { kind: "Tuple", elements: this.tuple(depth) };
      case "Nested": {
        const elements = this.tuple(depth);
        if (elements.some((element) => element.name === undefined)) throw this.fail("Nested needs names");
        return { kind: "Array", inner: { kind: "Tuple", elements } };
      }
      case "Decimal":
      case "Decimal32":
      case "Decimal64":
      case "Decimal128":
      case "Decimal256":
        return this.decimal(name);
      case "Time64": {
        const scale = this.integer();
        if (scale < 0 || scale > 9) throw this.fail("Time64 needs a precision between 0 and 9");
        return { kind: "Time64", scale };
      }
      case "JSON":
        return { kind: "JSON", parameters: this.verbatim() };
      case "SimpleAggregateFunction": {
        this.word();
        if (this.take("(")) {
          this.verbatim();
          this.expect(")");
        }
        this.expect(",");
        return this.type(depth);
      }
      default:
        throw this.fail(`${JSON.stringify(name)} is unknown`);
    }
  }

  private decimal(name: string): ChType {
    const fixed = DECIMAL_PRECISION.get(name);
    const precision = fixed ?? this.integer();
    const scale = fixed !== undefined || this.take(",") ? this.integer() : 0;
    if (precision < 1 || precision > 76) throw this.fail("Decimal needs a precision between 1 and 76");
    if (scale < 0 || scale > precision) throw this.fail(`Decimal needs a scale between 0 and its precision`);
    return { kind: "Decimal", precision, scale };
  }

  /** Text up to the closing parenthesis that belongs to the one before it. */
  private verbatim(): string {
    const start = this.at;
    for (let depth = 0;; this.at++) {
      const ch = this.text[this.at];
      if (ch === undefined) throw this.fail("a parenthesis is not closed");
      if (ch === "'" || ch === "`" || ch === '"') {
        this.quoted(ch);
        this.at--;
      } else if (ch === "(") depth++;
      else if (ch === ")" && depth-- === 0) return this.text.slice(start, this.at).trim();
    }
  }

  private tuple(depth: number): TupleElement[] {
    const elements: TupleElement[] = [];
    do {
      elements.push(this.element(depth));
    } while (this.take(","));
    return elements;
  }

  private element(depth: number): TupleElement {
    this.space();
    const mark = this.text[this.at];
    if (mark === "`" || mark === '"') {
      const name = this.quoted(mark);
      return { name, type: this.type(depth) };
    }
    // `a String` is a name and a type; `String`, `Array(...)` is a type alone.
    const start = this.at;
    const name = this.word();
    this.space();
    const next = this.text[this.at];
    if (name !== "" && next !== undefined && /[A-Za-z]/.test(next)) return { name, type: this.type(depth) };
    this.at = start;
    return { type: this.type(depth) };
  }

  private enumeration(name: string): ChType {
    const pairs: [string, number][] = [];
    let next = 1;
    do {
      const label = this.quoted("'");
      if (this.take("=")) next = this.integer();
      pairs.push([label, next++]);
    } while (this.take(","));
    pairs.sort((a, b) => a[1] - b[1]);
    const fits8 = pairs.every(([, v]) => v >= -128 && v <= 127);
    const bits = name === "Enum8" || (name === "Enum" && fits8) ? 8 : 16;
    if (bits === 8 ? !fits8 : !pairs.every(([, v]) => v >= -32768 && v <= 32767)) {
      throw this.fail(`an Enum${bits} number is out of range`);
    }
    const values = new Map(pairs);
    if (values.size !== pairs.length || new Set(values.values()).size !== pairs.length) {
      throw this.fail("an enum label or number occurs twice");
    }
    return { kind: "Enum", bits, values };
  }

  finish(): void {
    this.space();
    if (this.at !== this.text.length) throw this.fail(`unexpected text at position ${this.at}`);
  }

  private word(): string {
    this.space();
    const start = this.at;
    while (this.at < this.text.length && /[A-Za-z0-9_]/.test(this.text[this.at])) this.at++;
    return this.text.slice(start, this.at);
  }

  private integer(): number {
    this.space();
    const match = /^-?\d{1,9}(?!\d)/.exec(this.text.slice(this.at, this.at + 12));
    if (match === null) throw this.fail(`expected a number at position ${this.at}`);
    this.at += match[0].length;
    return Number(match[0]);
  }

  private quoted(mark: string): string {
    this.expect(mark);
    let out = "";
    for (;;) {
      const ch = this.text[this.at++];
      if (ch === undefined) throw this.fail("a quoted text is not closed");
      if (ch === "\\") out += unescape(this.text[this.at++] ?? "");
      else if (ch !== mark) out += ch;
      else if (this.text[this.at] === mark) out += this.text[this.at++]; // '' inside '...'
      else return out;
    }
  }

  private space(): void {
    while (this.text[this.at] === " " || this.text[this.at] === "\n") this.at++;
  }

  private take(ch: string): boolean {
    this.space();
    if (this.text[this.at] !== ch) return false;
    this.at++;
    return true;
  }

  private expect(ch: string): void {
    if (!this.take(ch)) throw this.fail(`expected ${ch} at position ${this.at}`);
  }

  private fail(reason: string): UnsupportedType {
    return new UnsupportedType(this.text, reason);
  }
}

const UNESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0", b: "\b", f: "\f" };

function unescape(ch: string): string {
  return UNESCAPES[ch] ?? ch;
}
