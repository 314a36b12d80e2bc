/**
 * Writes the cases of the suite `types`: every source type × every column type, with nulls, absent values, defaults and
 * edges. What is expected comes from rules of its own (`types/`), which share nothing with the product.
 *
 *     deno run -A tests/conformance/generate/types.ts && deno fmt tests/conformance/types
 */
import { Digits, writeDigits } from "../json_digits.ts";
import type { TypeCase } from "../types.ts";
import { DATES, SECONDS, TIME_SECONDS, TIMES_OF_DAY, TIMESTAMPS } from "./types/dates.ts";
import { COMPOSITE_CASES, JSON_CASES, NO_COLUMNS } from "./types/json.ts";
import { DECIMALS, FLOATS, INTEGERS, isWhole } from "./types/numbers.ts";
import { type Expected, type Rule, type Source, SOURCES } from "./types/rule.ts";
import { BOOL, TEXTS } from "./types/texts.ts";

const NUMBERS = [...INTEGERS, ...DECIMALS, ...FLOATS];
const SCALARS = [...NUMBERS, BOOL, ...TEXTS, ...DATES, ...TIMES_OF_DAY];

/** Numbers that are hard on the way to any column, in several spellings. */
const HARD = [
  ...["0", "-1", "1", "255", "256", "9007199254740993", "-9223372036854775808", "9223372036854775807"],
  ...["9223372036854775808", "18446744073709551615", "18446744073709551616", "1e3", "12e-1", "100e-2", "0e9", "1E+2"],
];
const FRACTIONS = [
  "1.5",
  "-1.5",
  "0.1",
  "-0.001",
  "3.9999999",
  "123456789012345678901234567890.123456789",
  "1e-7",
  "2.50",
];
const NO_NUMBERS = ["", "x", "1,5", "0x10", " 1", "1e", "NaN", "1 000"];
const WIDE_TEXTS = ["+5", ".5", "5."];

/** A value of each source, for pairs that are refused before it matters. */
const SAMPLES: Readonly<Record<Exclude<Source, "element">, unknown>> = {
  string: "x",
  bool: true,
  int: new Digits("1"),
  uint: new Digits("1"),
  float: new Digits("1.5"),
  array: [],
  map: {},
  key: "x",
  timestamp: new Digits("0"),
  attributes: {},
};

const isNumeric = (rule: Rule) => NUMBERS.includes(rule);

/** Values of a source worth trying on a column. */
function values(rule: Rule, source: Source): unknown[] {
  const digits = (texts: readonly string[]) => [...new Set(texts)].map((text) => new Digits(text));
  if (source === "bool") return [true, false];
  if (source === "timestamp") return DATES.includes(rule) ? digits(TIMESTAMPS) : [];
  if (source === "int" || source === "uint" || source === "float") {
    if (DATES.includes(rule)) return digits(SECONDS[source] ?? []);
    if (TIMES_OF_DAY.includes(rule)) return digits(source === "float" ? [...TIME_SECONDS, "1.5"] : TIME_SECONDS);
    const texts = [...HARD, ...rule.edges, ...(source === "float" ? FRACTIONS : ["1.5"])];
    return digits(texts.filter((text) => source === "float" || isWhole(text) || text === "1.5"));
  }
  if (source === "element" && rule === BOOL) {
    return [true, false, new Digits("2"), new Digits("0"), "true", "T", "FALSE", "f", "1", "0", "yes", "", []];
  }
  const numeric = [...rule.edges, ...FRACTIONS.slice(0, 6), "9007199254740993"];
  if (source === "element" && isNumeric(rule)) return [...digits(numeric), true, "x", []];
  if (source === "element") return [...rule.edges.slice(0, 12), new Digits("1"), []];
  return isNumeric(rule) ? [...numeric, ...NO_NUMBERS, ...WIDE_TEXTS] : [...rule.edges];
}

function caseOf(source: Source, target: string, value: unknown, expected: Expected): TypeCase {
  return { source, target, value, ...expected };
}

/** Of declared sources in a column of the plain type. */
function plainCases(rule: Rule): TypeCase[] {
  return SOURCES.filter((source) => rule.sources.has(source) && !isContainer(source)).flatMap((source) => [
    ...values(rule, source).map((value) => caseOf(source, rule.text, value, rule.convert(source, value))),
    ...absent(rule.text, source, rule.zero),
  ]);
}

const isContainer = (source: Source) => source === "array" || source === "map" || source === "attributes";

/** JSON sources have no nulls; a key of a map may be missing or null. */
function absent(target: string, source: Source, missing: unknown): TypeCase[] {
  if (source === "timestamp" || source === "attributes") return [];
  if (source === "key") {
    return [{ source, target, result: missing }, { source, target, value: null, result: missing }];
  }
  return [
    { source, target, value: null, error: "got null" },
    { source, target, error: "is missing in the message" },
  ];
}

/** Of declared sources in columns that wrap the type: the first values of each kind of outcome. */
function wrappedCases(rule: Rule): TypeCase[] {
  const wraps = [`Nullable(${rule.text})`];
  if (isLowCardinality(rule)) {
    wraps.push(`LowCardinality(${rule.text})`, `LowCardinality(Nullable(${rule.text}))`);
  }
  return wraps.flatMap((target) =>
    SOURCES.filter((source) => rule.sources.has(source) && !isContainer(source)).flatMap((source) => {
      const all = values(rule, source).map((value) => caseOf(source, target, value, rule.convert(source, value)));
      const good = all.filter((each) => each.error === undefined), bad = all.filter((each) => each.error !== undefined);
      return [
        ...good.slice(0, 6),
        ...good.slice(-3),
        ...bad.slice(0, 2),
        ...absent(target, source, target.includes("Nullable") ? null : rule.zero),
      ];
    })
  );
}

function isLowCardinality(rule: Rule): boolean {
  return !/^(?:Decimal|Enum|DateTime64|Time64)/.test(rule.text);
}

/** Inside arrays, maps and tuples. */
function elementCases(rule: Rule): TypeCase[] {
  const { text, zero } = rule;
  const all = values(rule, "element").map((value) => ({ value, expected: rule.convert("element", value) }));
  const good = all.flatMap(({ value, expected }) => "result" in expected ? [{ value, result: expected.result }] : []);
  const bad = all.flatMap(({ value, expected }) => "error" in expected ? [{ value, error: expected.error }] : []);
  const given = good.map(({ value }) => value), found = good.map(({ result }) => result);
  const [first, second = first] = good;
  const cases: TypeCase[] = [
    { source: "array", target: `Array(${text})`, value: [...given, null], result: [...found, zero] },
    { source: "array", target: `Array(${text})`, value: [], result: [] },
    { source: "array", target: `Array(Nullable(${text}))`, value: [null, ...given], result: [null, ...found] },
    { source: "array", target: `Array(Array(${text}))`, value: [given, null, []], result: [found, [], []] },
    {
      source: "array",
      target: `Tuple(${text}, Nullable(${text}))`,
      value: [first.value, null],
      result: [first.result, null],
    },
    {
      source: "array",
      target: `Tuple(${text}, Nullable(${text}))`,
      value: [null, second.value],
      result: [zero, second.result],
    },
    {
      source: "map",
      target: `Tuple(a ${text}, b Nullable(${text}))`,
      value: { b: first.value },
      result: { a: zero, b: first.result },
    },
    {
      source: "map",
      target: `Map(String, Nullable(${text}))`,
      value: { k: first.value, n: null },
      result: { k: first.result, n: null },
    },
    { source: "map", target: `Map(String, Array(${text}))`, value: { k: given }, result: { k: found } },
    ...bad.map(({ value, error }) => ({
      source: "array",
      target: `Array(${text})`,
      value: [first.value, value],
      error,
    })),
  ];
  if (text !== "String") {
    const entries = (list: readonly unknown[]) => Object.fromEntries(list.map((each, i) => [`k${i}`, each]));
    cases.push({
      source: "map",
      target: `Map(String, ${text})`,
      value: entries([...given, null]),
      result: entries([...found, zero]),
    });
  }
  if (isLowCardinality(rule)) {
    const target = `Array(LowCardinality(Nullable(${text})))`;
    cases.push({ source: "array", target, value: [null, ...given], result: [null, ...found] });
  }
  return cases;
}

/** Arrays and maps in text columns are their JSON text. */
function containerTexts(): TypeCase[] {
  const samples: [string, unknown][] = [
    ["array", []],
    ["array", [new Digits("1"), "é", null, [new Digits("9007199254740993.10")]]],
    ["map", {}],
    ["map", { "a\n": { b: [true] }, c: new Digits("12345678901234567890") }],
  ];
  return samples.flatMap(([source, value]) =>
    ["String", "Nullable(String)", "LowCardinality(String)"].map((target) => ({
      source,
      target,
      value,
      result: writeDigits(value),
    }))
  );
}

/** Every pair that does not fit. */
function refusals(): TypeCase[] {
  const composite: [string, readonly Source[]][] = [
    ["Array(String)", ["array"]],
    ["Map(String, String)", ["map", "attributes"]],
    ["Tuple(String, String)", ["array"]],
    ["Tuple(a String)", ["array", "map", "attributes"]],
    ["Nested(a String)", ["array"]],
    ["JSON", ["map", "string", "key", "attributes"]],
    ["Point", ["array"]],
  ];
  const scalars = SCALARS.map(({ text, sources }): [string, ReadonlySet<Source>] => [text, sources]);
  const all = [
    ...scalars,
    ...composite.map(([text, sources]): [string, ReadonlySet<Source>] => [text, new Set(sources)]),
  ];
  return all.flatMap(([target, sources]) =>
    SOURCES.filter((source) => !sources.has(source)).map((source): TypeCase => ({
      source,
      target,
      value: SAMPLES[source],
      error: `does not fit column v of type ${target}`,
    }))
  );
}

/** The suite's files by name. */
const FILES: Readonly<Record<string, readonly TypeCase[]>> = {
  integers: INTEGERS.flatMap(plainCases),
  decimals: DECIMALS.flatMap(plainCases),
  floats: FLOATS.flatMap(plainCases),
  texts: [BOOL, ...TEXTS].flatMap(plainCases).concat(containerTexts()),
  dates: [...DATES, ...TIMES_OF_DAY].flatMap(plainCases),
  wrapped: SCALARS.flatMap(wrappedCases),
  elements: SCALARS.flatMap(elementCases),
  composites: COMPOSITE_CASES,
  json: JSON_CASES,
  refusals: [...refusals(), ...NO_COLUMNS],
};

if (import.meta.main) {
  for (const [name, text] of fileTexts()) Deno.writeTextFileSync(new URL(`../types/${name}`, import.meta.url), text);
}

/** The suite's files as they are to be, before formatting. */
export function fileTexts(): [name: string, text: string][] {
  return Object.entries(FILES).map(([name, cases]) => {
    const lines = cases.map((each) => writeDigits(definedOnly(each)));
    return [`${name}.json`, `[\n${lines.join(",\n")}\n]\n`];
  });
}

function definedOnly(each: TypeCase): unknown {
  return Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined));
}
