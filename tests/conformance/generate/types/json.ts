/** Cases of JSON columns, and of what else has no simple rule: said one by one. */
import { parseDigits } from "../../json_digits.ts";
import type { TypeCase } from "../../types.ts";

/** `source target value result`; numbers keep their digits. Without a result: an error. */
function cases(
  source: string,
  target: string,
  ...pairs: (readonly [value: string, result: string | Error])[]
): TypeCase[] {
  return pairs.map(([value, result]) => ({
    source,
    target,
    value: parseDigits(value),
    ...(result instanceof Error ? { error: result.message } : { result: parseDigits(result) }),
  }));
}

const same = (text: string) => [text, text] as const;
const text = (json: string) => JSON.stringify(json);
const refused = new Error("the text is no JSON object");
const deep = `{"a":${"[".repeat(40)}1${"]".repeat(40)}}`;

const OBJECTS = [
  same("{}"),
  same('{"a":1,"b":"x","c":true,"d":[1,"x"],"e":{"f":-1.5}}'),
  same('{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615}'),
  same('{"é":"ünï🎉","quote \\" and \\\\":"\\n"}'),
  same('{"list":[{"x":1},{"x":2,"y":[{"z":"w"}]}]}'),
  same(deep),
  ['{"a.b":1,"c":2}', '{"a":{"b":1},"c":2}'],
  ['{"a":null,"b":{},"c":1}', '{"c":1}'],
  ['{"a":18446744073709551616}', new Error("a number in the object does not fit 64 bits")],
  ['{"a":[-9223372036854775809]}', new Error("a number in the object does not fit 64 bits")],
  ['{"a":1e400}', new Error("a number in the object does not fit 64 bits")],
  ['{"a.b":1,"a":{"b":2}}', new Error('the object has the path "a.b" twice')],
] as const;

export const JSON_CASES: readonly TypeCase[] = [
  ...["JSON", "JSON(max_dynamic_paths=2)", "Nullable(JSON)"].flatMap((target) => cases("map", target, ...OBJECTS)),
  ...cases("map", "JSON(a UInt32, SKIP b)", ['{"a":7,"b":1,"c":2}', '{"a":7,"c":2}'], ["{}", '{"a":0}']),
  ...cases("string", "JSON", ...OBJECTS.map(([value, result]) => [text(value), result] as const)),
  ...cases(
    "string",
    "JSON",
    ...["", "[1]", "1", "null", "{", "{} x", "{'a':1}"].map((v) => [text(v), refused] as const),
  ),
  ...cases("key", "Nullable(JSON)", [text('{"a":1}'), '{"a":1}'], [text("x"), refused]),
  { source: "key", target: "Nullable(JSON)", result: null },
  { source: "key", target: "JSON", result: {} },
  ...cases(
    "attributes",
    "JSON",
    same('{"a":"b","c":""}'),
    ['{"service.name":"x"}', '{"service":{"name":"x"}}'],
    same("{}"),
  ),
  ...cases("array", "Array(JSON)", ['[{"a":1},{},null]', '[{"a":1},{},{}]'], [
    "[1]",
    new Error("expected a map, got number"),
  ]),
  ...cases("map", "Map(String, JSON)", same('{"k":{"a":[1,2]}}')),
  ...cases("map", "Tuple(a JSON, b LowCardinality(String))", same('{"a":{"x":9007199254740993},"b":"y"}')),
];

const TUPLE = "Tuple(a Int8, `b c` Nullable(String))";
const NESTED = "Nested(a Int64, b Array(String))";

export const COMPOSITE_CASES: readonly TypeCase[] = [
  ...cases("map", TUPLE, ['{"b c":"x","a":1,"z":9}', '{"a":1,"b c":"x"}'], ["{}", '{"a":0,"b c":null}'], [
    '{"a":300}',
    new Error("value out of range of int8: 300"),
  ], ['{"b c":1}', new Error("a number does not fit String")]),
  ...cases("array", TUPLE, ['[1,"x"]', '{"a":1,"b c":"x"}'], [
    "[1]",
    new Error("expected 2 elements of a tuple, got 1"),
  ]),
  ...cases("array", "Tuple(Int8, String)", same('[1,"x"]'), ["[null,null]", '[0,""]'], [
    "[]",
    new Error("expected 2 elements of a tuple, got 0"),
  ]),
  ...cases("array", "Point", same("[1.5,-2]")),
  ...cases("array", "Ring", same("[[0,0],[1,0],[0,1]]"), same("[]")),
  ...cases("array", "LineString", same("[[0,0],[1.25,0]]")),
  ...cases("array", "MultiLineString", same("[[[0,0],[1,0]],[]]")),
  ...cases("array", "Polygon", same("[[[0,0],[1,0],[0,1]]]"), ["[[[0]]]", new Error("expected 2 elements of a tuple")]),
  ...cases("array", "MultiPolygon", same("[[[[0,0],[1,0],[0,1]]]]")),
  ...cases("array", NESTED, same('[{"a":9007199254740993,"b":["x"]},{"a":0,"b":[]}]'), [
    '[{"b":["y"]},[5,["z"]]]',
    '[{"a":0,"b":["y"]},{"a":5,"b":["z"]}]',
  ], [
    "[1]",
    new Error("expected a map or an array, got number"),
  ]),
  ...cases(
    "array",
    "Array(Tuple(a Int64, b Array(Tuple(c String))))",
    same('[{"a":1,"b":[{"c":"x"},{"c":""}]},{"a":2,"b":[]}]'),
  ),
  ...cases("array", "Array(Array(Array(UInt8)))", same("[[[1],[]],[]]"), [
    "[[null,[256]]]",
    new Error("value out of range of uint8: 256"),
  ], ["[null]", "[[]]"]),
  ...cases("array", "Array(Map(String, String))", [
    '[{"a":"b","n":1500000,"t":true,"o":{"x":[1]},"z":null},null,{}]',
    '[{"a":"b","n":"1500000","t":"true","o":"{\\"x\\":[1]}","z":""},{},{}]',
  ], [
    '[{},"x"]',
    new Error("array element at index 1 is not a map, got string"),
  ]),
  ...cases("map", "Map(String, String)", [
    '{"a":"b","n":12345678901234567890,"l":[1,null,"x"],"z":null}',
    '{"a":"b","n":"12345678901234567890","l":"[1,null,\\"x\\"]","z":""}',
  ], same("{}")),
  ...cases("map", "Map(LowCardinality(String), LowCardinality(String))", same('{"a":"b","c":"b"}')),
  ...cases("map", "Map(String, Nullable(String))", same('{"a":null,"b":""}')),
  ...cases(
    "map",
    "Map(String, Map(String, Array(Decimal(20, 2))))",
    same('{"a":{"b":[123456789012345678.25,-0.01]},"c":{}}'),
  ),
  ...cases("map", "Map(Int64, String)", same('{"9223372036854775807":"a","-1":"b"}'), [
    '{"1.5":"a"}',
    new Error("the key is no whole number"),
  ], [
    '{"9223372036854775808":"a"}',
    new Error("value out of range of int64"),
  ]),
  ...cases("map", "Map(UInt256, UInt8)", same(`{"${2n ** 256n - 1n}":1}`)),
  ...cases("map", "Map(UUID, UInt8)", same('{"01234567-89ab-cdef-0123-456789abcdef":1}'), [
    '{"x":1}',
    new Error("cannot convert to UUID"),
  ]),
  ...cases("map", "Map(Date, UInt8)", same('{"2025-03-01":1}'), [
    '{"x":1}',
    new Error("unable to parse datetime from"),
  ]),
  ...cases("map", "Map(Enum8('a' = 1), Array(Nullable(Int8)))", same('{"a":[1,null]}'), [
    '{"b":[]}',
    new Error("none of its labels"),
  ]),
  ...cases("map", "Map(FixedString(2), Float64)", same('{"ab":1.5}')),
  ...cases("map", "Map(Decimal(5, 2), UInt8)", same('{"1.25":1}')),
  ...cases("map", "Map(IPv4, UInt8)", same('{"10.0.0.1":1}')),
  ...cases("map", "Nullable(Tuple(a Int8))", same('{"a":1}')),
  ...cases("attributes", "Map(String, String)", same('{"a":"b","":"c"}'), same("{}")),
  ...cases("attributes", "Map(LowCardinality(String), Nullable(String))", same('{"a":"b"}')),
  ...cases("attributes", "Tuple(a String, b FixedString(1))", ['{"a":"x","c":"y"}', '{"a":"x","b":"\\u0000"}']),
  ...cases("attributes", "String", ['{"a":"b\\n"}', text('{"a":"b\\n"}')]),
  ...cases("timestamp", "String", ["1740824430123000000", text("2025-03-01T10:20:30.123Z")], [
    "0",
    text("1970-01-01T00:00:00Z"),
  ]),
  ...cases("timestamp", "Nullable(String)", ["1740824430000000000", text("2025-03-01T10:20:30Z")]),
  ...cases("timestamp", "FixedString(20)", ["1740824430000000000", text("2025-03-01T10:20:30Z")]),
  ...cases("array", "SimpleAggregateFunction(groupArrayArray, Array(UInt8))", same("[1,2]")),
  ...cases("int", "SimpleAggregateFunction(sum, Int64)", same("-9007199254740993")),
];

/** Types that cannot be written, whatever the source. */
export const NO_COLUMNS: readonly TypeCase[] = [
  ...[
    "Dynamic",
    "Variant(String, UInt8)",
    "AggregateFunction(sum, UInt64)",
    "Nothing",
    "Unsupported",
    "UnknownType",
    "",
    "string",
  ],
  ...[
    "Int512",
    "Decimal(77, 2)",
    "Nullable(Array(String))",
    "LowCardinality(Decimal(9, 2))",
    "Map(Nullable(String), String)",
  ],
  ...["IntervalDay", "QBit(Float32, 8)", "Array()", "Tuple()"],
].map((target) => ({
  source: "string",
  target,
  value: "x",
  error: `unsupported ClickHouse column type: ${JSON.stringify(target)}`,
}));
