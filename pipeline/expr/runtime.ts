// The functions generated code calls as `rt.*`. Pure: no I/O, no clock.
export * as cel from "../cel/runtime/mod.ts";
export { arrayOf, fetch, inRange, inTexts, isIn, mapOf, range, slice } from "./access.ts";
export { add, divide, modulo, multiply, negate, plus, power, subtract, whole } from "./arithmetic.ts";
export { begin, beginText } from "./budget.ts";
export { equal, less, lessOrEqual, more, moreOrEqual } from "./compare.ts";
export {
  concat,
  first,
  flatten,
  fromPairs,
  get,
  keys,
  last,
  len,
  reverse,
  sort,
  take,
  toPairs,
  uniq,
  values,
} from "./collections.ts";
export { convertOutput, outputJson } from "./convert.ts";
export {
  customContains,
  customHasPrefix,
  customHasSuffix,
  customJoin,
  customLower,
  customReplace,
  customSplit,
  customToString,
  customTrim,
  customUpper,
} from "./custom_text.ts";
export { customToFloat, customToInt, customWaterfall } from "./custom_values.ts";
export { customParseISO8601, customToDate } from "./custom_dates.ts";
export { customGetQueryParam, customParseQuery, customUrlDecode } from "./custom_query.ts";
export { customExtractPathType, customParseUserAgent } from "./custom_web.ts";
export { customHasAnyKey, customHasKeyPrefix, customKeys } from "./custom_maps.ts";
export { fromBase64, fromJSON, toBase64, toJSON } from "./encodings.ts";
export { ConversionError, EvaluationError } from "./errors.ts";
export {
  abs,
  bitand,
  bitnand,
  bitnot,
  bitor,
  bitshl,
  bitshr,
  bitushr,
  bitxor,
  ceil,
  float,
  floor,
  int,
  max,
  mean,
  median,
  min,
  round,
  string,
} from "./numbers.ts";
export {
  all,
  any,
  count,
  filter,
  find,
  findIndex,
  findLast,
  findLastIndex,
  groupBy,
  mapEach,
  none,
  one,
  reduce,
  sortBy,
  sum,
} from "./predicate_functions.ts";
export {
  contains,
  endsWith,
  hasPrefix,
  hasSuffix,
  indexOf,
  join,
  lastIndexOf,
  lower,
  matches,
  repeat,
  replace,
  split,
  splitAfter,
  startsWith,
  trim,
  trimPrefix,
  trimSuffix,
  upper,
} from "./strings.ts";
export { date, duration, now, timeless, timezone } from "./time/builtins.ts";
export { callMethod, callValue } from "./time/methods.ts";
export { bool, filterResult, type } from "./values.ts";
