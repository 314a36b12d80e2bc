/** What OTLP/JSON allows and what it does not. */
import assert from "node:assert/strict";
import { MalformedPayload } from "./errors.ts";
import { jsonRows } from "./testing/frame_rows.ts";

const record = (members: string) => jsonRows(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${members}}]}]}]}`)[0];
const attribute = (value: string) =>
  (record(`"attributes":[{"key":"k","value":${value}}]`).attributes as Record<string, string>).k;
const refused = (members: string) => assert.throws(() => record(members), MalformedPayload, members);

Deno.test("unknown names are ignored at every depth, snake_case is unknown", () => {
  const rows = jsonRows(
    `{"x":[1,{"y":null}],"resourceLogs":[{"z":{},"resource":{"q":[[]],"entity_refs":[]},"resource_logs":3,
    "scopeLogs":[{"w":"","scope":{"v":1e5},"logRecords":[{"u":true,"severity_text":"no","trace_id":"zz","body":
    {"t":{"s":[]},"stringValue":"yes","string_value":"no"},"attributes":[{"key":"k","r":1,"value":{"kvlistValue":{"p":{},
    "values":[{"o":[],"key":"n","value":{"intValue":1}}]}}}]}]}]}]}`,
  );
  assert.equal(rows.length, 1);
  assert.equal(rows[0].body, "yes");
  assert.equal(rows[0].severity_text, "");
  assert.deepEqual(rows[0].attributes, { k: '{"n":1}' });
});

Deno.test("names may be escaped, white space may be anywhere, null is a default", () => {
  assert.equal(record('\n\t"\\u0062ody" : { "stringValue" : "x" } ').body, "x");
  const row = record(
    '"body":null,"timeUnixNano":null,"attributes":null,"traceId":null,"flags":null,"severityText":null,"eventName":null',
  );
  assert.equal(row.body, "");
  assert.equal(row.timestamp, "1970-01-01T00:00:00Z");
  assert.equal(attribute("null"), "");
  assert.equal(attribute('{"stringValue":null}'), "");
  assert.equal(attribute('{"arrayValue":{"values":[null,{"stringValue":null}]}}'), "[null,null]");
  assert.equal(attribute('{"arrayValue":{}}'), "[]");
  assert.equal(attribute('{"kvlistValue":{"values":null}}'), "{}");
});

Deno.test("what describes the records may follow them", () => {
  const [row] = jsonRows(
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}],"schemaUrl":"s","scope":{"name":"n"}}],"schemaUrl":"r",
    "resource":{"attributes":[{"value":{"stringValue":"v"},"key":"k"}]}}]}`,
  );
  assert.equal(row.scope_name, "n");
  assert.equal(row.scope_schema_url, "s");
  assert.equal(row.resource_schema_url, "r");
  assert.deepEqual(row.resource_attributes, { k: "v" });
});

Deno.test("64-bit integers are exact, as text and as numbers", () => {
  for (const quote of ["", '"']) {
    for (
      const value of [
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "9007199254740993",
        "999999999999999999",
      ]
    ) {
      assert.equal(attribute(`{"intValue":${quote}${value}${quote}}`), value);
      assert.equal(attribute(`{"arrayValue":{"values":[{"intValue":${quote}${value}${quote}}]}}`), `[${value}]`);
    }
    assert.equal(
      record(`"timeUnixNano":${quote}1767225600123456789${quote}`).timestamp,
      "2026-01-01T00:00:00.123456789Z",
    );
    assert.equal(record(`"timeUnixNano":${quote}1${quote}`).timestamp, "1970-01-01T00:00:00.000000001Z");
  }
  assert.equal(attribute('{"intValue":-0}'), "0");
  assert.equal(attribute('{"intValue":1e3}'), "1000");
  assert.equal(attribute('{"intValue":"5.0"}'), "5");
  for (
    const bad of ["9223372036854775808", '"-9223372036854775809"', "1.5", '"x"', '""', "true", "[]", '"0x10"', "01"]
  ) {
    assert.throws(() => attribute(`{"intValue":${bad}}`), MalformedPayload, bad);
  }
});

Deno.test("every 64-bit timestamp arrives bit for bit", () => {
  let value = 1n;
  for (let i = 0; i < 200; i++) {
    value = BigInt.asUintN(64, value * 6364136223846793005n + 1442695040888963407n);
    const exact = BigInt.asIntN(64, value);
    const text = String(record(`"timeUnixNano":"${value}"`).timestamp);
    const [seconds, fraction = ""] = text.slice(0, -1).split(".");
    const back = BigInt(Date.parse(seconds + "Z")) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
    assert.equal(back, exact);
  }
});

Deno.test("doubles: numbers and text, with the three names", () => {
  assert.equal(attribute('{"doubleValue":0.1}'), "0.1");
  assert.equal(attribute('{"doubleValue":"0.1"}'), "0.1");
  assert.equal(attribute('{"doubleValue":"NaN"}'), "NaN");
  assert.equal(attribute('{"doubleValue":"Infinity"}'), "+Inf");
  assert.equal(attribute('{"doubleValue":"-Infinity"}'), "-Inf");
  assert.equal(attribute('{"doubleValue":-0}'), "-0");
  for (const bad of ['"inf"', '""', '" 1"', "1e400", "NaN", "+1", ".5", "5.", "true"]) {
    assert.throws(() => attribute(`{"doubleValue":${bad}}`), MalformedPayload, bad);
  }
});

Deno.test("bytes: both base64 alphabets, padded or not", () => {
  for (const text of ["+/8=", "-_8=", "+/8", "-_8"]) assert.equal(attribute(`{"bytesValue":"${text}"}`), "fbff");
  assert.equal(attribute('{"bytesValue":""}'), "");
  assert.equal(attribute('{"arrayValue":{"values":[{"bytesValue":"-_8"}]}}'), '["+/8="]');
  for (const bad of ['"a"', '"a b="', '"===="', "1"]) {
    assert.throws(() => attribute(`{"bytesValue":${bad}}`), MalformedPayload, bad);
  }
});

Deno.test("severity: integers, and their names", () => {
  assert.equal(record('"severityNumber":13').severity_number, 13);
  assert.equal(record('"severityNumber":"13"').severity_number, 13);
  assert.equal(record('"severityNumber":"SEVERITY_NUMBER_WARN"').severity_number, 13);
  assert.equal(record('"severityNumber":"SEVERITY_NUMBER_FATAL4"').severity_number, 24);
  refused('"severityNumber":"WARN"');
  refused('"severityNumber":2147483648');
});

Deno.test("escapes, also of other planes; lone surrogates become U+FFFD", () => {
  assert.equal(attribute('{"stringValue":"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude80"}'), 'a"\\/\b\f\n\r\té🚀');
  assert.equal(attribute('{"stringValue":"\\ud800"}'), "\ufffd");
  assert.equal(attribute('{"arrayValue":{"values":[{"stringValue":"\\u0041\\u0000"}]}}'), '["A\\u0000"]');
});

Deno.test("what is not JSON, or not of the expected kind, is refused", () => {
  for (
    const members of [
      '"body":"text"',
      '"body":[]',
      '"attributes":{}',
      '"attributes":[1]',
      '"severityText":1',
      '"traceId":"abc"',
      '"traceId":"zz"',
      '"flags":-1',
      '"flags":4294967296',
      '"flags":1.5',
      '"timeUnixNano":"18446744073709551616"',
      '"timeUnixNano":-1',
      '"timeUnixNano":"1767225600123456789x"',
      '"body":{"stringValue":"\\x"}',
      '"body":{"stringValue":"\u0001"}',
      '"body":{"stringValue":"a}',
      '"body":{"boolValue":"true"}',
      '"body":{"boolValue":tru}',
      '"x":01',
      '"x":-',
      '"x":1.',
      '"x":1e',
      '"x":nul',
      '"x":undefined',
      '"x":[1,]',
      '"x":{"a":1,}',
      '"x":{1:1}',
      '"x" 1',
      '"x":1 "y":2',
      ',"x":1',
      '"x":1,',
    ]
  ) refused(members);
  for (
    const body of [
      "[]",
      "null",
      '""',
      "{}{}",
      "{} x",
      "{",
      "}",
      "\ufeff{}",
      '{"resourceLogs":{}}',
      '{"resourceLogs":[1]}',
    ]
  ) {
    assert.throws(() => jsonRows(body), MalformedPayload, body);
  }
  const twice = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[],"logRecords":[]}]}]}';
  assert.throws(() => jsonRows(twice), MalformedPayload);
});

Deno.test("numbers with very many digits are refused, not cut", () => {
  refused(`"flags":${"1".repeat(2000)}`);
  refused(`"body":{"doubleValue":0.${"1".repeat(2000)}}`);
  refused('"timeUnixNano":0123456789012345678');
  refused('"flags":01');
});

Deno.test("escapes agree with JSON.parse, in values, names and what is skipped", () => {
  const escapes = [
    "\\u0000",
    "\\u007F",
    "\\u0080",
    "\\u07ff",
    "\\u0800",
    "\\uFFFF",
    "\\ud83d\\ude80",
    "\\udbff\\udfff",
    "\\n",
    "\\/",
  ];
  for (const a of escapes) {
    for (const b of escapes) {
      const text = `x${a}${b}é${a}`;
      assert.equal(attribute(`{"skipped${a}":"${text}","stringValue":"${text}"}`), JSON.parse(`"${text}"`));
    }
  }
  assert.equal(attribute('{"stringValue":"\\udc00\\ud800\\u0041"}'), "\ufffd\ufffdA");
  for (const bad of ["\\", "\\u", "\\u12", "\\u12g4", "\\a", "\\0", "\\U0041"]) {
    refused(`"x":"${bad}"`);
    refused(`"${bad}":1`);
    refused(`"body":{"stringValue":"${bad}"}`);
  }
});
