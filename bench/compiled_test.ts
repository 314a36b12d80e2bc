import assert from "node:assert/strict";
import { call, field, interpret, literal } from "./baseline/interpreted_pipeline.ts";
import { transforming } from "./compiled.ts";
import { EVENT_SHAPES, eventBuffer } from "./events.ts";

Deno.test("the compiled filter keeps as many events as the interpreted one", async () => {
  const events = eventBuffer(EVENT_SHAPES.event200, 2_500);
  const ours = transforming(EVENT_SHAPES.event200, { filter: 'amount > 100 && kind != "view"' }, events);
  assert.equal((await ours.run()).events, 2_500);
  const filter = call("and", call(">", field("amount"), literal(100)), call("!=", field("kind"), literal("view")));
  const lines = new TextDecoder().decode(interpret({ filter }, events, 0, 2_500)).split("\n");
  assert.equal(lines.length, ours.kept());
  assert.ok(lines.length > 1_000 && lines.length < 2_500);
});
