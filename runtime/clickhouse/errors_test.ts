import assert from "node:assert/strict";
import { asException, exception, httpStatus } from "./errors.ts";

Deno.test("an engine error keeps its text and code", () => {
  const text = "Code: 60. DB::Exception: Table default.t does not exist. (UNKNOWN_TABLE)";
  const found = asException(new Error(text));
  assert.equal(found.message, text);
  assert.equal(found.code, 60);
  assert.equal(httpStatus(found.code), 404);
});

Deno.test("an error wrapped in itself loses the outer layer", () => {
  const found = asException(
    new Error(
      "Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown format Nope. (UNKNOWN_FORMAT) (version 26.7.2.1). (UNKNOWN_FORMAT)",
    ),
  );
  assert.equal(found.message, "Code: 73. DB::Exception: Unknown format Nope. (UNKNOWN_FORMAT)");
});

Deno.test("a full disk says so", () => {
  const found = asException(new Error("No space left on device (os error 28)"));
  assert.equal(found.code, 243);
  assert.match(found.message, /disk is full/);
});

Deno.test("errors of ours look like the engine's", () => {
  assert.equal(
    exception(516, "AUTHENTICATION_FAILED", "no").message,
    "Code: 516. DB::Exception: no. (AUTHENTICATION_FAILED)",
  );
  assert.equal(httpStatus(516), 403);
  assert.equal(httpStatus(241), 500);
});
