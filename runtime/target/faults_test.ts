import assert from "node:assert/strict";
import { advice, classify } from "./faults.ts";

Deno.test("an error blames a row, the target, or the moment", () => {
  assert.equal(classify(469), "row"); // VIOLATED_CONSTRAINT
  assert.equal(classify(349), "row"); // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  for (const code of [16, 53, 60, 81, 497, 516]) assert.equal(classify(code), "target");
  for (const code of [null, 159, 209, 241, 242, 252, 319, 999]) assert.equal(classify(code), "transient");
});

Deno.test("a view that refuses a row is the target's fault: the table itself may have the block", () => {
  assert.equal(classify(6, "Cannot parse string: while pushing to view db.v"), "target");
});

Deno.test("advice names the table and what to do", () => {
  const target = { database: "db", table: "t", url: "http://h:8123" };
  assert.match(advice(60, target), /create table db\.t/);
  assert.match(advice(497, target), /GRANT INSERT/);
  assert.match(advice(null, target), /http:\/\/h:8123/);
});
