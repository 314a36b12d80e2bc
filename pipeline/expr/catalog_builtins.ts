// The language's own functions.
import type { FunctionSpec } from "./catalog.ts";
import * as t from "./types.ts";
import type { Kind, StaticType } from "./types.ts";

const any: Kind[] = ["any"];
const text: Kind[] = ["string"];
const number: Kind[] = ["int", "float"];
const integer: Kind[] = ["int"];
const array: Kind[] = ["array"];
const map: Kind[] = ["map"];

/** `target(a, b?)`: the runtime's export has the function's name unless `options` say otherwise. */
function fn(
  signature: string,
  help: string,
  params: Kind[][],
  result: StaticType,
  options: Partial<FunctionSpec> = {},
): FunctionSpec {
  const target = signature.slice(0, signature.indexOf("("));
  const min = params.length - (signature.match(/\?/g)?.length ?? 0);
  return { target, signature, help, params, min, max: params.length, result, ...options };
}

const bits = (signature: string, help: string) => fn(signature, help, [integer, integer], t.INT);
const many = { min: 1, max: Infinity };

const NUMBERS = [
  fn("abs(number)", "Without its sign.", [number], t.ANY, { sameAsFirst: true }),
  fn("ceil(number)", "The least whole number that is not below, as a float.", [number], t.FLOAT),
  fn("floor(number)", "The greatest whole number that is not above, as a float.", [number], t.FLOAT),
  fn("round(number)", "The nearest whole number, half away from zero, as a float.", [number], t.FLOAT),
  fn(
    "int(value)",
    "An integer: of a float without its fraction, of a base-10 text, of a duration its nanoseconds, of a month or weekday " +
      "its number. Other texts are an error.",
    [["int", "float", "string", "duration", "month", "weekday"]],
    t.INT,
  ),
  fn(
    "float(value)",
    "A float: of an integer or a text. Other texts are an error.",
    [["int", "float", "string"]],
    t.FLOAT,
  ),
  fn(
    "max(values…)",
    "The greatest of numbers, also of those inside arrays, or of durations; `nil` of none.",
    [[...number, "array", "duration"]],
    t.ANY,
    many,
  ),
  fn(
    "min(values…)",
    "The least of numbers, also of those inside arrays, or of durations; `nil` of none.",
    [[...number, "array", "duration"]],
    t.ANY,
    many,
  ),
  fn(
    "mean(values…)",
    "The average of numbers, also of those inside arrays; 0 of none.",
    [[...number, "array"]],
    t.ANY,
    {
      ...many,
      result: t.FLOAT,
    },
  ),
  fn(
    "median(values…)",
    "The middle of numbers, also of those inside arrays; 0 of none.",
    [[...number, "array"]],
    t.ANY,
    {
      ...many,
      result: t.FLOAT,
    },
  ),
  bits("bitand(a, b)", "Bits that are in both integers."),
  bits("bitor(a, b)", "Bits that are in either."),
  bits("bitxor(a, b)", "Bits that are in one of them only."),
  bits("bitnand(a, b)", "Bits of `a` that are not in `b`."),
  fn("bitnot(a)", "The other bits.", [integer], t.INT),
  bits("bitshl(a, distance)", "Shifted left. A negative distance is an error."),
  bits("bitshr(a, distance)", "Shifted right, keeping the sign. A negative distance is an error."),
  bits("bitushr(a, distance)", "Shifted right, with zeros coming in. A negative distance is an error."),
];

const TEXTS = [
  fn("len(value)", "Characters of a text, elements of an array, keys of a map.", [["string", "array", "map"]], t.INT),
  fn("string(value)", "Any value as text: `1.234567e+06`, `[1 a]`, `map[k:1]`, `<nil>`.", [any], t.STRING),
  fn("trim(text, characters?)", "Without white space, or the given characters, at both ends.", [text, text], t.STRING),
  fn("trimPrefix(text, prefix?)", "Without the prefix, else one space, in front.", [text, text], t.STRING),
  fn("trimSuffix(text, suffix?)", "Without the suffix, else one space, at the end.", [text, text], t.STRING),
  fn("upper(text)", "In upper case.", [text], t.STRING),
  fn("lower(text)", "In lower case.", [text], t.STRING),
  fn("split(text, separator, limit?)", "The parts, at most `limit`; an empty separator gives the characters.", [
    text,
    text,
    integer,
  ], { ...t.STRING_ARRAY, nullable: true }),
  fn("splitAfter(text, separator, limit?)", "As `split`, but the parts keep the separator.", [text, text, integer], {
    ...t.STRING_ARRAY,
    nullable: true,
  }),
  fn("replace(text, old, new, limit?)", "With every `old`, or the first `limit` of them, replaced.", [
    text,
    text,
    text,
    integer,
  ], t.STRING),
  fn("repeat(text, times)", "The text so many times. A negative number is an error.", [text, integer], t.STRING),
  fn("join(texts, separator?)", "An array of texts as one. Other elements are an error.", [array, text], t.STRING),
  fn("indexOf(text, part)", "Byte position of the first `part`, or -1.", [text, text], t.INT),
  fn("lastIndexOf(text, part)", "Byte position of the last `part`, or -1.", [text, text], t.INT),
  fn("hasPrefix(text, prefix)", "Whether the text begins so.", [text, text], t.BOOL),
  fn("hasSuffix(text, suffix)", "Whether the text ends so.", [text, text], t.BOOL),
  fn("toJSON(value)", "JSON, indented by two spaces. Infinity and NaN are an error.", [any], t.STRING),
  fn("fromJSON(text)", "The value of a JSON text; its numbers are floats. Other texts are an error.", [text], t.ANY),
  fn("toBase64(text)", "The text's bytes in base64.", [text], t.STRING),
  fn("fromBase64(text)", "The text that base64 stands for. Other texts are an error.", [text], t.STRING),
  fn(
    "type(value)",
    "`nil`, `bool`, `int`, `float`, `string`, `array`, `map`, `time.Time`, `time.Duration`, `time.Month`, `time.Weekday` " +
      "or `time.Location`.",
    [any],
    t.STRING,
  ),
];

const TIMES = [
  fn("now(zone?)", "The time of the evaluation: in a pipeline, when its records came in.", [["zone"]], t.TIME, {
    rejects: ([zone]) => zone?.kind === "any",
  }),
  fn(
    "date(zone?, text, layout?, zone name?)",
    "An instant. Without a layout: `2006-01-02`, `15:04:05`, `2006-01-02 15:04:05`, RFC 3339, RFC 822, RFC 850 or RFC 1123, " +
      "in UTC where no zone is given. Other texts are an error.",
    [["string", "zone"], text, text, text],
    t.TIME,
    { min: 1, max: 4, rejects: ([first, ...rest]) => rest.length > 2 && first.kind !== "zone" && first.kind !== "any" },
  ),
  fn("duration(text)", "A length of time like `1h30m` or `250ms`. Other texts are an error.", [text], t.DURATION),
  fn("timezone(name)", 'A time zone like `"Europe/Oslo"`. Unknown names are an error.', [text], t.ZONE),
];

const COLLECTIONS = [
  fn("first(array)", "The first element, or `nil`.", [array], t.ANY),
  fn("last(array)", "The last element, or `nil`.", [array], t.ANY),
  fn("get(container, key)", "As `container[key]`, but `nil` for what is not there.", [any, any], t.ANY, {
    rejects: ([container, key]) => {
      if (container.kind === "array") return !t.isWhole(key);
      if (container.kind === "map") return !container.anyKey && key.kind !== "string" && key.kind !== "any";
      return container.kind !== "any";
    },
  }),
  fn("take(array, count)", "The first `count` elements. A negative number is an error.", [array, integer], t.ARRAY),
  fn("keys(map)", "The keys, in order.", [map], t.ARRAY),
  fn("values(map)", "The values, in the order of their keys.", [map], t.ARRAY),
  fn("toPairs(map)", "Arrays of key and value, in the order of the keys.", [map], t.ARRAY),
  fn("fromPairs(array)", "A map of arrays of key and value.", [array], t.ANY_KEY_MAP),
  fn("reverse(array)", "The elements from last to first.", [array], t.ARRAY),
  fn("uniq(array)", "The elements without repetitions.", [array], t.ARRAY),
  fn("concat(arrays…)", "The elements of all the arrays.", [array], t.ARRAY, many),
  fn("flatten(array)", "The elements, and those of inner arrays of any depth.", [array], t.ARRAY),
  fn(
    "sort(array, order?)",
    'In order, or with `"desc"` from greatest to least. Elements that have no order together are an error.',
    [array, text],
    { ...t.ARRAY, nullable: true },
  ),
];

/** In the reference's order. */
export const BUILTIN_GROUPS: Readonly<Record<string, readonly FunctionSpec[]>> = {
  Numbers: NUMBERS,
  "Texts and types": TEXTS,
  "Dates and times": TIMES,
  "Arrays and maps": COLLECTIONS,
};

export const BUILTINS: Readonly<Record<string, FunctionSpec>> = Object.fromEntries(
  Object.values(BUILTIN_GROUPS).flat().map((spec) => [spec.target, spec]),
);
