import assert from "node:assert/strict";
import fc from "fast-check";
import protobuf from "protobufjs";
import { Bed, framed } from "../bed_test_support.ts";
import { SchemaError } from "../errors.ts";
import { bindRecords, fieldsOfProto } from "./mod.ts";

const FILE = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
enum State { NEW = 0; DONE = 5; }
message Other { string x = 1; message Deep { int32 y = 1; } }
message Order {
  string id = 1;
  optional int64 cents = 2;
  repeated sint32 sizes = 3;
  map<string, double> weights = 4;
  message Buyer { string name = 1; bool loyal = 2; repeated string phones = 3; }
  Buyer buyer = 5;
  State state = 6;
  oneof pay { string card = 7; uint64 voucher = 8; }
  google.protobuf.Timestamp at = 9;
  bytes raw = 10;
  fixed64 big = 11;
  sfixed32 low = 12;
  float f = 13;
  double d = 14;
  uint32 u = 15;
  int32 i = 16;
  bool flag = 17;
  repeated Buyer friends = 18;
  sint64 s = 19;
}`;
const inline = { file: FILE, messageType: "shop.Order", version: null };
const root = protobuf.parse(FILE, new protobuf.Root(), { keepCase: true }).root;
root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")!.nested!);
const Order = root.lookupType("shop.Order");
const encode = (value: Record<string, unknown>) => Order.encode(Order.fromObject(value)).finish();
/** Order is the second message of the file. */
const PATH = Uint8Array.of(2, 2);
const fields = fieldsOfProto(FILE, "shop.Order");
const bed = () => new Bed(fields, bindRecords, inline);

Deno.test("fields of a message, with those inside of messages", () => {
  assert.deepEqual(
    fields.map(({ name, type, spelling, nullable }) => `${name} ${type} ${spelling}${nullable ? "?" : ""}`),
    [
      "id string string",
      "cents int int64?",
      "sizes array array",
      "weights map map",
      "buyer map map?",
      "buyer.name string string?",
      "buyer.loyal bool bool?",
      "buyer.phones array array?",
      "state string string",
      "card string string?",
      "voucher uint uint64?",
      "at map map?",
      "at.seconds int int64?",
      "at.nanos int int32?",
      "raw string bytes",
      "big uint uint64",
      "low int int32",
      "f float float32",
      "d float float64",
      "u uint uint32",
      "i int int32",
      "flag bool bool",
      "friends array array",
      "s int int64",
    ],
  );
});

Deno.test("a message becomes a row", () => {
  const row = JSON.parse(
    bed().read(framed(
      1,
      PATH,
      encode({
        id: "ü",
        cents: -5,
        sizes: [1, -2, 300],
        weights: { a: 0.5, 'q"': 2 },
        buyer: { name: "Eve", phones: ["1", "2"] },
        state: 5,
        voucher: 7,
        at: { seconds: 12, nanos: 3 },
        raw: new Uint8Array([65, 66]),
        big: 9,
        low: -1,
        f: 1.5,
        d: 0.1,
        u: 4294967295,
        i: -2147483648,
        flag: true,
        friends: [{ name: "A" }, { loyal: true }],
        s: -3,
      }),
    )),
  );
  assert.deepEqual(row, {
    id: "ü",
    cents: -5,
    sizes: "[1,-2,300]",
    weights: '{"a":0.5,"q\\"":2}',
    buyer: '{"name":"Eve","loyal":false,"phones":["1","2"]}',
    "buyer.name": "Eve",
    "buyer.loyal": false,
    "buyer.phones": '["1","2"]',
    state: "DONE",
    card: null,
    voucher: 7,
    at: '{"seconds":12,"nanos":3}',
    "at.seconds": 12,
    "at.nanos": 3,
    raw: "AB",
    big: 9,
    low: -1,
    f: 1.5,
    d: 0.1,
    u: 4294967295,
    i: -2147483648,
    flag: true,
    friends: '[{"name":"A","loyal":false,"phones":[]},{"name":"","loyal":true,"phones":[]}]',
    s: -3,
  });
});

Deno.test("an empty message has zeros where absence is not known, and nulls elsewhere", () => {
  const row = JSON.parse(bed().read(framed(1, PATH)));
  assert.deepEqual(
    [
      row.id,
      row.cents,
      row.sizes,
      row.weights,
      row.buyer,
      row["buyer.phones"],
      row.state,
      row.d,
      row.flag,
      row.friends,
    ],
    ["", null, "[]", "{}", null, null, "NEW", 0, false, "[]"],
  );
});

Deno.test("the last value counts, messages are merged, packed and single values mix, unknown fields are gone over", () => {
  const unknown = Uint8Array.of(0xfa, 0x3e, 2, 1, 2, 0xf3, 0x3e, 8, 1, 0xf4, 0x3e); // 1007: bytes, 1006: a group
  const single = Uint8Array.of(3 << 3, 9); // sizes, not packed: −5
  const row = JSON.parse(
    bed().read(framed(
      1,
      PATH,
      encode({ id: "a", buyer: { name: "x", phones: ["1"] }, sizes: [1] }),
      unknown,
      single,
      encode({ id: "b", buyer: { loyal: true, phones: ["2"] }, sizes: [2] }),
    )),
  );
  assert.deepEqual([row.id, row.buyer, row.sizes, row["buyer.name"], row["buyer.loyal"], row["buyer.phones"]], [
    "b",
    '{"name":"x","loyal":true,"phones":["1","2"]}',
    "[1,-5,2]",
    "x",
    true,
    '["1","2"]',
  ]);
});

Deno.test("64-bit numbers keep every digit", () => {
  const ones = new Uint8Array(9).fill(0xff);
  const row = bed().read(
    framed(1, PATH, Uint8Array.of(8 << 3), ones, Uint8Array.of(1, 19 << 3 & 0x7f | 0x80, 1), ones, Uint8Array.of(1)),
  );
  assert.match(row, /"voucher":18446744073709551615,/);
  assert.match(row, /"s":-9223372036854775808\}/);
});

Deno.test("a path leads to the message that was written; another one is refused", () => {
  const other = "it is a shop.Other, the source reads shop.Order";
  assert.match(bed().read(framed(1, Uint8Array.of(0))), new RegExp(other));
  assert.match(bed().read(framed(1, Uint8Array.of(4, 0, 0))), /it is a shop\.Other\.Deep/);
  assert.match(bed().read(framed(1, Uint8Array.of(2, 40))), /not in the schema/);
  const deep = new Bed(fieldsOfProto(FILE, "Deep"), bindRecords, { ...inline, messageType: "Deep" });
  assert.equal(deep.read(framed(1, Uint8Array.of(4, 0, 0, 8, 3))), '{"y":3}');
});

Deno.test("what is cut, of another wire type or not UTF-8 is refused and leaves no row", () => {
  const one = bed();
  const whole = framed(1, PATH, encode({ id: "abc", buyer: { name: "Eve" }, big: 5 }));
  assert.match(
    one.read(whole.subarray(0, whole.length - 1)),
    /^error: undecodable at byte \d+ of the payload: it ends too early/,
  );
  assert.match(one.read(framed(1, PATH, Uint8Array.of(1 << 3, 5))), /field 'id' has another wire type/);
  assert.match(one.read(framed(1, PATH, Uint8Array.of(10, 1, 0xff))), /invalid UTF-8/);
  assert.match(one.read(framed(1)), /ends too early/);
  assert.equal(one.rows, 0);
});

Deno.test("random bytes never give anything but a row or a reason", () => {
  const one = bed();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = one.read(framed(1, PATH, bytes));
      assert.ok(text.startsWith("error: ") || JSON.parse(text));
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("whatever another library encodes is read back", () => {
  const buyer = fc.record({
    name: fc.string({ unit: "grapheme" }),
    loyal: fc.boolean(),
    phones: fc.array(fc.string(), { maxLength: 3 }),
  });
  const order = fc.record({
    id: fc.string({ unit: "grapheme" }),
    cents: fc.option(fc.maxSafeInteger()),
    sizes: fc.array(fc.integer()),
    weights: fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    ),
    buyer: fc.option(buyer),
    state: fc.constantFrom("NEW", "DONE"),
    d: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    u: fc.nat(),
    i: fc.integer(),
    low: fc.integer(),
    s: fc.maxSafeInteger(),
    big: fc.nat(),
    flag: fc.boolean(),
    friends: fc.array(buyer, { maxLength: 3 }),
  });
  const one = bed();
  fc.assert(
    fc.property(order, (value) => {
      const given = Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
      const row = JSON.parse(one.read(framed(1, PATH, encode(given))));
      for (const name of ["id", "cents", "state", "d", "u", "i", "low", "s", "big", "flag"] as const) {
        assert.deepEqual(row[name], value[name], name);
      }
      for (const name of ["sizes", "weights", "friends"] as const) {
        assert.deepEqual(JSON.parse(row[name]), JSON.parse(JSON.stringify(value[name])), name);
      }
      assert.deepEqual(row.buyer === null ? null : JSON.parse(row.buyer), JSON.parse(JSON.stringify(value.buyer)));
      assert.equal(row["buyer.name"], value.buyer?.name ?? null);
    }),
    { numRuns: 500 },
  );
});

Deno.test("proto2: required fields, defaults of absent ones are null", () => {
  const file = 'syntax = "proto2"; message M { required string id = 1; optional int32 n = 2 [default = 7]; }';
  const two = new Bed(fieldsOfProto(file, "M"), bindRecords, { file, messageType: "M", version: null });
  assert.equal(two.read(framed(1, Uint8Array.of(0, 10, 1, 97))), '{"id":"a","n":null}');
  assert.equal(two.read(framed(1, Uint8Array.of(0, 16, 3))), "error: field 'id' is missing in the message");
});

Deno.test("schemas that cannot be used are refused with a reason", () => {
  for (
    const [file, type, reason] of [
      ["message {", "M", /not valid/],
      ['syntax = "proto3"; message M { Nothing n = 1; }', "M", /cannot be resolved|without defining/],
      ['syntax = "proto3"; import "other.proto"; message M { int32 n = 1; }', "M", /imports other\.proto/],
      [
        'syntax = "proto3"; message M { int32 n = 1; }',
        "N",
        /message_type N is not in the Protobuf schema, which has M/,
      ],
      ['syntax = "proto3"; message M {}', "M", /has no fields/],
    ] as const
  ) {
    assert.throws(
      () => fieldsOfProto(file, type),
      (error) => error instanceof SchemaError && reason.test(error.message),
    );
  }
});

Deno.test("imported files of the registry are read", () => {
  const common = 'syntax = "proto3"; package c; message Money { int64 units = 1; }';
  const text =
    'syntax = "proto3"; package shop; import "c/money.proto"; message M { string id = 1; c.Money total = 2; }';
  const seed = 'syntax = "proto3"; package shop; message M { string id = 1; }';
  const one = new Bed(fieldsOfProto(seed, "M"), bindRecords, { file: seed, messageType: "M", version: "1" });
  one.records.learn(4, { type: "PROTOBUF", text, references: [{ name: "c/money.proto", text: common }] });
  assert.equal(one.read(framed(4, Uint8Array.of(0, 10, 1, 97, 18, 2, 8, 5))), '{"id":"a"}');
});
