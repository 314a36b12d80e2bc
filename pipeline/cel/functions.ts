// The standard functions and the strings extension: what they take, what they give, which runtime export does it. The macros are in macros.ts.
import {
  BOOL,
  BYTES,
  type CelKind,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  STRING,
  TIMESTAMP,
  TYPE,
  UINT,
} from "./types.ts";

export interface Overload {
  /** called as `first.name(...)` */
  readonly member: boolean;
  /** accepted kinds per argument, the receiver first */
  readonly params: readonly (readonly CelKind[] | "any")[];
  readonly result: CelType;
  /** export of the runtime */
  readonly target: string;
  /** given to the runtime before the arguments */
  readonly prefix?: string;
}

const TEXT: CelKind[] = ["string"];
const SIZED: CelKind[] = ["string", "bytes", "list", "map"];

function fn(target: string, params: Overload["params"], result: CelType): Overload {
  return { member: false, params, result, target };
}

function method(target: string, params: Overload["params"], result: CelType): Overload {
  return { member: true, params, result, target };
}

function part(name: string, duration: boolean): Overload[] {
  const of = (params: Overload["params"]) => ({ ...method("timePart", params, INT), prefix: name });
  const instant: CelKind[] = ["timestamp"];
  return [of([instant]), of([instant, TEXT]), ...(duration ? [of([["duration"]])] : [])];
}

/** A method with an optional last argument. */
function extension(
  target: string,
  params: readonly (readonly CelKind[])[],
  result: CelType,
  last?: CelKind[],
): Overload[] {
  return [method(target, params, result), ...(last === undefined ? [] : [method(target, [...params, last], result)])];
}

const WHOLE: CelKind[] = ["int"];
const EXTENSION: Readonly<Record<string, readonly Overload[]>> = {
  charAt: extension("charAt", [TEXT, WHOLE], STRING),
  indexOf: extension("indexOf", [TEXT, TEXT], INT, WHOLE),
  join: extension("join", [["list"]], STRING, TEXT),
  lastIndexOf: extension("lastIndexOf", [TEXT, TEXT], INT, WHOLE),
  lowerAscii: extension("lowerAscii", [TEXT], STRING),
  replace: extension("replace", [TEXT, TEXT, TEXT], STRING, WHOLE),
  reverse: extension("reverse", [TEXT], STRING),
  split: extension("split", [TEXT, TEXT], listType(STRING), WHOLE),
  substring: extension("substring", [TEXT, WHOLE], STRING, WHOLE),
  trim: extension("trim", [TEXT], STRING),
  upperAscii: extension("upperAscii", [TEXT], STRING),
};

export const FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  ...EXTENSION,
  size: [fn("size", [SIZED], INT), method("size", [SIZED], INT)],
  contains: [method("contains", [TEXT, TEXT], BOOL)],
  startsWith: [method("startsWith", [TEXT, TEXT], BOOL)],
  endsWith: [method("endsWith", [TEXT, TEXT], BOOL)],
  matches: [fn("matches", [TEXT, TEXT], BOOL), method("matches", [TEXT, TEXT], BOOL)],
  int: [fn("int", [["int", "uint", "double", "string", "timestamp", "duration"]], INT)],
  uint: [fn("uint", [["int", "uint", "double", "string"]], UINT)],
  double: [fn("double", [["int", "uint", "double", "string"]], DOUBLE)],
  string: [
    fn("string", [["string", "bool", "bytes", "double", "duration", "int", "timestamp", "uint"]], STRING),
  ],
  bytes: [fn("bytes", [["bytes", "string"]], BYTES)],
  bool: [fn("toBool", [["bool", "string"]], BOOL)],
  timestamp: [fn("timestamp", [["timestamp", "int", "string"]], TIMESTAMP)],
  duration: [fn("duration", [["duration", "string"]], DURATION)],
  type: [fn("typeOf", ["any"], TYPE)],
  dyn: [fn("dyn", ["any"], DYN)],
  getFullYear: part("FullYear", false),
  getMonth: part("Month", false),
  getDate: part("Date", false),
  getDayOfMonth: part("DayOfMonth", false),
  getDayOfWeek: part("DayOfWeek", false),
  getDayOfYear: part("DayOfYear", false),
  getHours: part("Hours", true),
  getMinutes: part("Minutes", true),
  getSeconds: part("Seconds", true),
  getMilliseconds: part("Milliseconds", true),
};

export function findOverloads(name: string): readonly Overload[] | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

/** Names that mean a type when no field is called so. */
export const TYPE_NAMES: ReadonlySet<string> = new Set([
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
]);
