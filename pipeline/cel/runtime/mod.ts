// The functions generated code of CEL expressions calls as `rt.cel.*`. Pure: no I/O, no clock.
export { add, divide, modulo, multiply, negate, quotient, remainder, subtract } from "./arithmetic.ts";
export { equals, less, lessOrEqual, more, moreOrEqual } from "./compare.ts";
export { found, has, index, listOf, mapOf, select } from "./containers.ts";
export { bytes, double, duration, int, output, string, timestamp, toBool, uint } from "./convert.ts";
export { and, bool, or } from "./logic.ts";
export { all, exists, existsOne, filter, isIn, mapEach, mapWhere } from "./macros.ts";
export {
  charAt,
  indexOf,
  join,
  lastIndexOf,
  lowerAscii,
  replace,
  reverse,
  split,
  substring,
  trim,
  upperAscii,
} from "./strings_extension.ts";
export { contains, endsWith, length, matches, size, startsWith } from "./text.ts";
export { timePart } from "./time_parts.ts";
export {
  bytesOf,
  durationOf,
  fieldOrType,
  sampled,
  timestampOf,
  typeNamed,
  typeOf,
  uintField,
  uintOf,
  whole,
} from "./values.ts";
