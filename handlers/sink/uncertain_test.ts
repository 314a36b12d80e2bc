import assert from "node:assert/strict";
import { judge } from "./uncertain.ts";

const nothing = { finished: 0, started: 0, failed: 0, written: 0 };

Deno.test("one finished attempt means stored, whatever the others did", () => {
  assert.equal(judge({ ...nothing, finished: 1, started: 3, failed: 2 }), "stored");
});

Deno.test("absent only when every attempt failed and wrote nothing", () => {
  assert.equal(judge({ ...nothing, started: 2, failed: 2 }), "absent");
  assert.equal(judge({ ...nothing, started: 2, failed: 1 }), "unknown");
  assert.equal(judge({ ...nothing, started: 1, failed: 1, written: 5 }), "unknown");
  assert.equal(judge(nothing), "unknown");
});
