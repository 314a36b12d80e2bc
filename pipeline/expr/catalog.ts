// Every function an expression may call: what it takes, what it gives, which runtime export does it.
import * as t from "./types.ts";
import type { Kind, StaticType } from "./types.ts";

export interface FunctionSpec {
  /** name of the runtime's export */
  readonly target: string;
  /** accepted kinds per argument; the last entry also stands for any further ones */
  readonly params: readonly (readonly Kind[])[];
  readonly min: number;
  readonly max: number;
  readonly result: StaticType;
  /** the result has the type of the first argument when that is one number */
  readonly sameAsFirst?: boolean;
}

const any: Kind[] = ["any"];
const text: Kind[] = ["string"];
const number: Kind[] = ["int", "float"];
const integer: Kind[] = ["int"];
const array: Kind[] = ["array"];
const map: Kind[] = ["map"];

function fn(
  target: string,
  params: Kind[][],
  result: StaticType,
  min = params.length,
  max = params.length,
): FunctionSpec {
  return { target, params, min, max, result };
}

const bits = (target: string) => fn(target, [integer, integer], t.INT);
const extreme = (target: string) => fn(target, [[...number, "array"]], t.ANY, 1, Infinity);

const BUILTINS: Readonly<Record<string, FunctionSpec>> = {
  len: fn("len", [["string", "array", "map"]], t.INT),
  type: fn("type", [any], t.STRING),
  abs: { ...fn("abs", [number], t.ANY), sameAsFirst: true },
  ceil: fn("ceil", [number], t.FLOAT),
  floor: fn("floor", [number], t.FLOAT),
  round: fn("round", [number], t.FLOAT),
  int: fn("int", [["int", "float", "string"]], t.INT),
  float: fn("float", [["int", "float", "string"]], t.FLOAT),
  string: fn("string", [any], t.STRING),
  trim: fn("trim", [text, text], t.STRING, 1),
  trimPrefix: fn("trimPrefix", [text, text], t.STRING, 1),
  trimSuffix: fn("trimSuffix", [text, text], t.STRING, 1),
  upper: fn("upper", [text], t.STRING),
  lower: fn("lower", [text], t.STRING),
  split: fn("split", [text, text, integer], t.STRING_ARRAY, 2),
  splitAfter: fn("splitAfter", [text, text, integer], t.STRING_ARRAY, 2),
  replace: fn("replace", [text, text, text, integer], t.STRING, 3),
  repeat: fn("repeat", [text, integer], t.STRING),
  join: fn("join", [array, text], t.STRING, 1),
  indexOf: fn("indexOf", [text, text], t.INT),
  lastIndexOf: fn("lastIndexOf", [text, text], t.INT),
  hasPrefix: fn("hasPrefix", [text, text], t.BOOL),
  hasSuffix: fn("hasSuffix", [text, text], t.BOOL),
  max: extreme("max"),
  min: extreme("min"),
  mean: fn("mean", [[...number, "array"]], t.FLOAT, 1, Infinity),
  median: fn("median", [[...number, "array"]], t.FLOAT, 1, Infinity),
  toJSON: fn("toJSON", [any], t.STRING),
  fromJSON: fn("fromJSON", [text], t.ANY),
  toBase64: fn("toBase64", [text], t.STRING),
  fromBase64: fn("fromBase64", [text], t.STRING),
  first: fn("first", [array], t.ANY),
  last: fn("last", [array], t.ANY),
  get: fn("get", [any, any], t.ANY),
  take: fn("take", [array, integer], t.ARRAY),
  keys: fn("keys", [map], t.STRING_ARRAY),
  values: fn("values", [map], t.ARRAY),
  toPairs: fn("toPairs", [map], t.ARRAY),
  fromPairs: fn("fromPairs", [array], t.MAP),
  reverse: fn("reverse", [array], t.ARRAY),
  uniq: fn("uniq", [array], t.ARRAY),
  concat: fn("concat", [array], t.ARRAY, 1, Infinity),
  flatten: fn("flatten", [array], t.ARRAY),
  sort: fn("sort", [array, text], t.ARRAY, 1),
  bitand: bits("bitand"),
  bitor: bits("bitor"),
  bitxor: bits("bitxor"),
  bitnand: bits("bitnand"),
  bitshl: bits("bitshl"),
  bitshr: bits("bitshr"),
  bitushr: bits("bitushr"),
  bitnot: fn("bitnot", [integer], t.INT),
};

/** Functions of the language that this release does not have. */
export const NOT_YET: ReadonlySet<string> = new Set(["now", "duration", "date", "timezone"]);

// the argument count and types of these are checked per event, as they always were
function custom(target: string, result: StaticType): FunctionSpec {
  return fn(target, [any], result, 0, Infinity);
}

const CUSTOM: Readonly<Record<string, FunctionSpec>> = {
  parseQuery: custom("customParseQuery", t.MAP),
  getQueryParam: custom("customGetQueryParam", t.ANY),
  getNestedParam: custom("customGetQueryParam", t.ANY),
  urlDecode: custom("customUrlDecode", t.STRING),
  parseISO8601: custom("customParseISO8601", t.INT),
  toDate: custom("customToDate", t.ANY),
  toString: custom("customToString", t.STRING),
  containsStr: custom("customContains", t.BOOL),
  hasPrefix: custom("customHasPrefix", t.BOOL),
  hasSuffix: custom("customHasSuffix", t.BOOL),
  upper: custom("customUpper", t.STRING),
  lower: custom("customLower", t.STRING),
  trim: custom("customTrim", t.STRING),
  split: custom("customSplit", t.ANY),
  join: custom("customJoin", t.STRING),
  replace: custom("customReplace", t.STRING),
  toInt: custom("customToInt", t.INT),
  toFloat: custom("customToFloat", t.FLOAT),
  parseUserAgent: custom("customParseUserAgent", t.STRING),
  waterfall: custom("customWaterfall", t.STRING),
  extractPathType: custom("customExtractPathType", t.STRING),
  hasKeyPrefix: custom("customHasKeyPrefix", t.BOOL),
  hasAnyKey: custom("customHasAnyKey", t.BOOL),
  keys: custom("customKeys", t.STRING_ARRAY),
};

export function findFunction(name: string, mode: "filter" | "stateless"): FunctionSpec | undefined {
  if (mode === "stateless" && Object.hasOwn(CUSTOM, name)) return CUSTOM[name];
  return Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
}
