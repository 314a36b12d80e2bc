/** Rules of the types whose values are texts or truth values: canonical forms are looked up, not computed. */
import { Digits } from "../../json_digits.ts";
import { type Expected, type Rule, type Source, unfit } from "./rule.ts";

const TEXT_SOURCES: readonly Source[] = ["string", "key", "element"];

/** `forms`: texts that are values, with what the engine shows; all others are refused with `error`. */
function listed(text: string, zero: string, forms: Readonly<Record<string, string>>, bad: readonly string[]): Rule {
  return {
    text,
    sources: new Set(TEXT_SOURCES),
    zero,
    edges: [...Object.keys(forms), ...bad],
    convert(_source, value): Expected {
      if (typeof value !== "string") return unfit(value, text);
      return Object.hasOwn(forms, value) ? { result: forms[value] } : { error: "cannot convert to" };
    },
  };
}

const STRINGS = [
  "",
  "a",
  "true",
  "12",
  "ünïcödé – 汉字 🎉",
  'quote " and \\ and \u0001\n\t',
  " ",
  "x".repeat(200),
  "null",
];

const STRING: Rule = {
  text: "String",
  sources: new Set<Source>([...TEXT_SOURCES, "array", "map", "timestamp", "attributes"]),
  zero: "",
  edges: STRINGS,
  convert: (_source, value) => typeof value === "string" ? { result: value } : unfit(value, "String"),
};

function fixed(length: number): Rule {
  const text = `FixedString(${length})`;
  return {
    text,
    sources: new Set<Source>([...TEXT_SOURCES, "timestamp"]),
    zero: "\0".repeat(length),
    edges: ["", "a", "é", "x".repeat(length - 1), "x".repeat(length), "x".repeat(length + 1), "é".repeat(length)],
    convert(_source, value) {
      if (typeof value !== "string") return unfit(value, text);
      const size = new TextEncoder().encode(value).length;
      if (size > length) {
        return { error: `cannot convert to ${text}: the value has ${size} bytes, the column holds ${length}` };
      }
      return { result: value + "\0".repeat(length - size) };
    },
  };
}

export const BOOL: Rule = {
  text: "Bool",
  sources: new Set<Source>(["bool", "element"]),
  zero: false,
  edges: [],
  convert(_source, value): Expected {
    if (value instanceof Digits) return { result: Number(value.text) !== 0 };
    if (Array.isArray(value)) return unfit(value, "Bool");
    if (typeof value === "boolean") return { result: value };
    const read = new Map([["true", true], ["T", true], ["1", true], ["FALSE", false], ["f", false], ["0", false]]);
    const result = read.get(String(value));
    return result === undefined ? { error: "unable to parse bool from" } : { result };
  },
};

const ADDRESS6 = {
  "::1": "::1",
  "::": "::",
  "2001:0db8:0:0:0:0:0:0001": "2001:db8::1",
  "FE80::ABCD": "fe80::abcd",
  "192.168.1.10": "::ffff:192.168.1.10",
  "::ffff:1.2.3.4": "::ffff:1.2.3.4",
  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

export const TEXTS: readonly Rule[] = [
  STRING,
  fixed(1),
  fixed(5),
  listed("UUID", "00000000-0000-0000-0000-000000000000", {
    "01234567-89ab-cdef-0123-456789abcdef": "01234567-89ab-cdef-0123-456789abcdef",
    "0123456789ABCDEF0123456789abcdef": "01234567-89ab-cdef-0123-456789abcdef",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000": "00000000-0000-0000-0000-000000000000",
  }, ["", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdeg", "{0123}", "null"]),
  listed("IPv4", "0.0.0.0", { "10.0.0.1": "10.0.0.1", "0.0.0.0": "0.0.0.0", "255.255.255.255": "255.255.255.255" }, [
    ..."|1.2.3|1.2.3.256|01.2.3.4|::1|1.2.3.4 |localhost".split("|"),
  ]),
  listed("IPv6", "::", ADDRESS6, ["", ":", "1::2::3", "12345::", "::g", "1.2.3", "[::1]"]),
  listed("Enum8('red' = -3, 'GET' = 1, '' = 127)", "red", { red: "red", GET: "GET", "": "" }, ["get", "1", "blue"]),
  listed("Enum16('a\\'b' = -32768, 'é' = 32767)", "a'b", { "a'b": "a'b", "é": "é" }, ["", "a", "-32768"]),
];
