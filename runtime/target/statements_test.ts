import assert from "node:assert/strict";
import { createTable } from "./statements.ts";

Deno.test("the statement for a missing table shows what a mapping left open of its types", () => {
  const columns = ["FixedString", "Nullable(Enum8)", "FixedString(4)", "Enum16('FixedString' = 1)", "String"]
    .map((column_type, i) => ({ column_name: `c${i}`, column_type }));
  assert.match(
    createTable("a`b", "t", columns),
    /^CREATE TABLE `a\\`b`\.`t` \(`c0` FixedString\(<bytes>\), `c1` Nullable\(Enum8\(<'label' = 1, …>\)\), `c2` FixedString\(4\), `c3` Enum16\('FixedString' = 1\), `c4` String\) /,
  );
});
