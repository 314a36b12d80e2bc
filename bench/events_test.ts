import assert from "node:assert/strict";
import { EVENT_SHAPES, eventBuffer, events, type EventShape } from "./events.ts";

const take = (shape: EventShape, count: number, options?: Parameters<typeof events>[1]) => {
  const source = events(shape, options);
  return Array.from({ length: count }, () => source.next().value);
};

Deno.test("shapes have the documented fields, types and size", () => {
  const expected = [["event200", 7], ["log38", 38]] as const;
  for (const [name, fieldCount] of expected) {
    const shape: EventShape = EVENT_SHAPES[name];
    assert.equal(shape.fields.length, fieldCount);
    const made = take(shape, 2_000);
    for (const event of made) {
      assert.deepEqual(Object.keys(event), shape.fields.map((field) => field.name));
      for (const field of shape.fields) {
        const value = event[field.name];
        const type = { string: "string", bool: "boolean" }[field.type as string] ?? "number";
        assert.equal(typeof value, type, field.name);
        if (field.type === "int") assert.ok(Number.isSafeInteger(value), field.name);
      }
    }
    const mean = made.reduce((sum, event) => sum + JSON.stringify(event).length, 0) / made.length;
    assert.ok(Math.abs(mean / shape.meanBytes - 1) < 0.02, `${name}: ${mean} bytes on average`);
  }
});

Deno.test("the same seed gives the same events, another seed others", () => {
  const { event200 } = EVENT_SHAPES;
  assert.deepEqual(take(event200, 50, { seed: 7 }), take(event200, 50, { seed: 7 }));
  assert.notDeepEqual(take(event200, 50, { seed: 7 }), take(event200, 50, { seed: 8 }));
});

Deno.test("ids are unique but for the wanted share", () => {
  const ids = (duplicates: number) =>
    new Set(take(EVENT_SHAPES.event200, 4_000, { duplicates }).map((event) => event.event_id)).size;
  assert.equal(ids(0), 4_000);
  assert.ok(Math.abs(ids(0.1) / 4_000 - 0.9) < 0.02);
});

Deno.test("a buffer holds each event's JSON text", () => {
  const { bytes, starts, count } = eventBuffer(EVENT_SHAPES.log38, 20, { seed: 3 });
  const texts = Array.from(
    { length: count },
    (_, i) => new TextDecoder().decode(bytes.subarray(starts[i], starts[i + 1])),
  );
  assert.deepEqual(texts.map((text) => JSON.parse(text)), take(EVENT_SHAPES.log38, 20, { seed: 3 }));
});
