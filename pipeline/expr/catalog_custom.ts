// The custom functions of stateless transforms.
import type { FunctionSpec } from "./catalog.ts";
import * as t from "./types.ts";
import type { StaticType } from "./types.ts";

/** The number and types of arguments are looked at per record, as they always were. */
function custom(signature: string, help: string, target: string, result: StaticType): readonly [string, FunctionSpec] {
  const name = signature.slice(0, signature.indexOf("("));
  return [name, { target, signature, help, params: [["any"]], min: 0, max: Infinity, result }];
}

export const CUSTOM: Readonly<Record<string, FunctionSpec>> = Object.fromEntries([
  custom(
    "toString(value)",
    "Text; of `nil`, arrays and maps empty; numbers without exponent.",
    "customToString",
    t.STRING,
  ),
  custom("toInt(value)", 'An integer; `"4.2"` gives 4, what is no number 0.', "customToInt", t.INT),
  custom("toFloat(value)", "A float; what is no number gives 0.", "customToFloat", t.FLOAT),
  custom("upper(text)", "In upper case.", "customUpper", t.STRING),
  custom("lower(text)", "In lower case.", "customLower", t.STRING),
  custom("trim(text)", "Without white space at both ends.", "customTrim", t.STRING),
  custom("containsStr(text, part)", "Whether the part occurs; an empty text has none.", "customContains", t.BOOL),
  custom("hasPrefix(text, prefix)", "Whether the text begins so; an empty text does not.", "customHasPrefix", t.BOOL),
  custom("hasSuffix(text, suffix)", "Whether the text ends so; an empty text does not.", "customHasSuffix", t.BOOL),
  custom("replace(text, old, new)", "With every `old` replaced.", "customReplace", t.STRING),
  custom("split(text, separator)", "The parts; of an empty text the empty text.", "customSplit", t.ANY),
  custom(
    "join(array, separator)",
    "The elements as one text; of anything else the empty text.",
    "customJoin",
    t.STRING,
  ),
  custom(
    "waterfall(values…)",
    "The first value, or element of an array given first, that is neither `nil` nor empty, as text; else the empty text.",
    "customWaterfall",
    t.STRING,
  ),
  custom(
    "parseISO8601(text)",
    "Unix seconds of `2006-01-02 15:04:05.000000` or an RFC 3339 time; 0 for anything else.",
    "customParseISO8601",
    t.INT,
  ),
  custom("toDate(value)", "`2006-01-02` of Unix seconds or an instant; 0 for anything else.", "customToDate", t.ANY),
  custom(
    "parseQuery(text)",
    "A map of a URL query's parameters; of repeated ones an array. Empty for what is no query.",
    "customParseQuery",
    t.MAP,
  ),
  custom("getQueryParam(text, name)", "One parameter of a URL query, or the empty text.", "customGetQueryParam", t.ANY),
  custom("getNestedParam(text, name)", "The same.", "customGetQueryParam", t.ANY),
  custom("urlDecode(text)", "Without `%` escapes and `+`. A bad escape is an error.", "customUrlDecode", t.STRING),
  custom("extractPathType(path)", "`collect`, `set_cookie` or `unknown`.", "customExtractPathType", t.STRING),
  custom(
    "parseUserAgent(text, what)",
    '`what` is `"device"`, `"browser"` or `"os"`; empty for an empty text.',
    "customParseUserAgent",
    t.STRING,
  ),
  custom("keys(map)", "The keys, in order; of anything else none.", "customKeys", t.STRING_ARRAY),
  custom("hasKeyPrefix(map, prefixes)", "Whether a key begins with one of them.", "customHasKeyPrefix", t.BOOL),
  custom("hasAnyKey(map, names)", "Whether one of the keys is there.", "customHasAnyKey", t.BOOL),
]);
