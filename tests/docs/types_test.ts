/** docs/types.md says of texts and types what the code does. */
import assert from "node:assert/strict";
import { isKnownColumnType } from "../../pipeline/config/column_type.ts";
import { normaliseFieldType } from "../../pipeline/config/field_type.ts";
import { formatInstant, parseDateTime } from "../../pipeline/native/mod.ts";
import { DOCS } from "./reference.ts";

const page = Deno.readTextFileSync(new URL("types.md", DOCS));

Deno.test("docs/types.md: every date text is read as the instant beside it", () => {
  const rows = [...page.matchAll(/^\| `([^`]+)`.*?\| `(\d{4}-[^`]+Z)` +\|$/gm)];
  assert.equal(rows.length, 18);
  for (const [, text, utc] of rows) {
    const { seconds, nanos } = parseDateTime(text)!;
    assert.equal(formatInstant(seconds, nanos), utc, text);
  }
});

Deno.test("docs/types.md: types that cannot be written, and spellings of source types", () => {
  const refused = /What cannot be written: (.*?), intervals\./s.exec(page)![1];
  for (const [, type] of refused.matchAll(/`(\w+)`/g)) assert.equal(isKnownColumnType(type), false, type);
  const spellings = /Source fields are declared as (.*?)\n\n/s.exec(page)![1];
  for (const [, type] of spellings.matchAll(/`(\w+)`/g)) assert.ok(normaliseFieldType(type), type);
});
