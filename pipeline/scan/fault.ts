/**
 * Why a record was refused: codes, the place, and the text a user reads.
 *
 * The text names fields and positions, never values. One record is scanned at a time, so one fault register is enough.
 */

export const Fault = {
  UnexpectedEnd: 1,
  ExpectedValue: 2,
  ExpectedKey: 3,
  ExpectedColon: 4,
  ExpectedCommaOrBrace: 5,
  ExpectedCommaOrBracket: 6,
  BadNumber: 7,
  BadLiteral: 8,
  ControlCharacter: 9,
  BadEscape: 10,
  TrailingText: 11,
  Empty: 12,
  TooDeep: 13,
  InvalidUtf8: 14,
  ByteOrderMark: 15,
  NotAnObject: 16,
  MissingField: 20,
  WrongType: 21,
  NotWhole: 22,
  OutOfRange: 23,
} as const;

/** Containers inside containers that a record may have. `JSON.parse` has no such limit. */
export const MAX_DEPTH = 65_536;

const SYNTAX: Record<number, string> = {
  [Fault.UnexpectedEnd]: "the message ends too early",
  [Fault.ExpectedValue]: "expected a value",
  [Fault.ExpectedKey]: "expected a key in double quotes",
  [Fault.ExpectedColon]: "expected ':' behind the key",
  [Fault.ExpectedCommaOrBrace]: "expected ',' or '}'",
  [Fault.ExpectedCommaOrBracket]: "expected ',' or ']'",
  [Fault.BadNumber]: "malformed number",
  [Fault.BadLiteral]: "expected true, false or null",
  [Fault.ControlCharacter]: "unescaped control character in a string",
  [Fault.BadEscape]: "invalid escape sequence",
  [Fault.TrailingText]: "text behind the end of the object",
  [Fault.Empty]: "the message is empty",
  [Fault.TooDeep]: `more than ${MAX_DEPTH} nested objects and arrays`,
};

/** The last fault: code, offset in the scanned bytes, field number, first byte of the value that was found. */
export const fault = new Int32Array(4);

/** Records a fault of the text itself. Always 0, which is what lexer functions return for "refused". */
export function fail(code: number, at: number): 0 {
  fault[0] = code;
  fault[1] = at;
  return 0;
}

/** Records a fault of a field and returns its code. */
export function failField(code: number, at: number, field: number, found: number): number {
  fault[0] = code;
  fault[1] = at;
  fault[2] = field;
  fault[3] = found;
  return code;
}

/** JSON type of the value that starts with this byte. */
export function kindOf(first: number): string {
  switch (first) {
    case 0x22:
      return "string";
    case 0x7b:
      return "object";
    case 0x5b:
      return "array";
    case 0x74:
    case 0x66:
      return "bool";
    case 0x6e:
      return "null";
    default:
      return "number";
  }
}

/** What a code of a fault in the text itself says; without place. */
export function syntaxText(code: number): string | undefined {
  return code === Fault.InvalidUtf8 ? "invalid UTF-8" : SYNTAX[code];
}

/** Text of the last fault; `offset` is its place counted from the start of the record. */
export function faultText(fields: readonly { name: string; type: string }[], offset: number): string {
  const code = fault[0];
  if (code === Fault.InvalidUtf8) return `invalid UTF-8 at byte ${offset}`;
  if (code === Fault.ByteOrderMark) return "the message starts with a byte order mark; send plain UTF-8";
  if (code === Fault.NotAnObject) return `the message must be a JSON object, got ${kindOf(fault[3])}`;
  const syntax = SYNTAX[code];
  if (syntax !== undefined) return `invalid JSON at byte ${offset}: ${syntax}`;
  const { name, type } = fields[fault[2]];
  if (code === Fault.MissingField) return `field '${name}' is missing in the message`;
  if (code === Fault.NotWhole) return `field '${name}': expected ${type}, got a number with a fraction`;
  if (code === Fault.OutOfRange) return `field '${name}': the number does not fit into a 64-bit ${type}`;
  return `field '${name}': expected ${type}, got ${kindOf(fault[3])}`;
}
