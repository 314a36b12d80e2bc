// What values are at run time, and how they are named in messages.
//
// nil is null (undefined is read as nil), integers are bigint, floats are number, maps are plain objects
// (null prototype when made here; only own properties count), arrays are arrays. Anything else is a Special.
import { EvaluationError } from "./errors.ts";

export type Value = unknown;
export type ValueMap = Record<string, unknown>;

/** A value that JSON does not have: an instant, a length of time, a time zone, a month, a map with any keys. */
export abstract class Special {
  /** what type() says */
  abstract readonly typeName: string;
  /** in messages, where that is another name */
  readonly goName?: string;
  /** what string() gives; `format` writes values inside */
  abstract toText(format: (value: unknown) => string): string;
  /** a value of JSON in its place; `format` writes keys */
  abstract toJson(format: (value: unknown) => string): unknown;
  abstract equals(other: unknown, equal: (a: unknown, b: unknown) => boolean): boolean;
}

export function isMap(value: unknown): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Special);
}

/** The name error messages use for a value's type. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float64";
    case "string":
      return "string";
    default:
      if (value instanceof Special) return value.goName ?? value.typeName;
      return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
  }
}

/** What the language's type() says. */
export function type(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "string":
      return "string";
    default:
      if (value instanceof Special) return value.typeName;
      return Array.isArray(value) ? "array" : "map";
  }
}

export function bool(value: unknown, where: string): boolean {
  if (typeof value === "boolean") return value;
  throw new EvaluationError(`invalid operation: ${where} needs a bool, not ${typeOf(value)}`);
}

export function filterResult(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new EvaluationError(`invalid expression: a filter must give a bool, not ${typeOf(value)}`);
}

export function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new EvaluationError(`${where} needs a string, not ${typeOf(value)}`);
}

export function array(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new EvaluationError(`${where} needs an array, not ${typeOf(value)}`);
}

export function map(value: unknown, where: string): ValueMap {
  if (isMap(value)) return value;
  throw new EvaluationError(`${where} needs a map, not ${typeOf(value)}`);
}

/** An integer argument; floats are cut, as indexes and bounds are, and what no integer holds is the least one. */
export function index(value: unknown, where: string): number {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : -(2 ** 63);
  throw new EvaluationError(`${where} needs an integer, not ${typeOf(value)}`);
}

export function number(value: unknown, where: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  throw new EvaluationError(`${where} needs a number, not ${typeOf(value)}`);
}

export function newMap(): ValueMap {
  return Object.create(null);
}
