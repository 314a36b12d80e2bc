import assert from "node:assert/strict";
import fc from "fast-check";
import { isUtf8, utf8Fault } from "./utf8.ts";

const strict = new TextDecoder("utf-8", { fatal: true });

function oracle(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function check(bytes: Uint8Array): boolean {
  // The range sits inside other bytes: nothing outside of it may matter.
  const padded = new Uint8Array(bytes.length + 20).fill(0xff);
  padded.set(bytes, 3);
  return isUtf8(padded, new DataView(padded.buffer), 3, 3 + bytes.length);
}

Deno.test("isUtf8 agrees with the strict decoder on every sequence of two bytes", () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      for (const tail of [[], [0x80, 0x80]]) {
        const bytes = Uint8Array.from([a, b, ...tail]);
        assert.equal(check(bytes), oracle(bytes), `${bytes}`);
      }
    }
  }
});

Deno.test("isUtf8 agrees with the strict decoder on text, damaged or not, at any alignment", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.nat(200), fc.nat(255), (text, at, value) => {
    const bytes = new TextEncoder().encode(text);
    assert.equal(check(bytes), oracle(bytes));
    if (bytes.length > 0) bytes[at % bytes.length] = value;
    assert.equal(check(bytes), oracle(bytes));
  }));
});

Deno.test("the fault is where the first invalid sequence begins: everything before it is text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.nat(200), fc.nat(255), (text, at, value) => {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > 0) bytes[at % bytes.length] = value;
    const fault = utf8Fault(bytes, 0, bytes.length);
    assert.equal(fault < 0, oracle(bytes));
    if (fault < 0) return;
    assert.ok(oracle(bytes.subarray(0, fault)));
    for (let end = fault + 1; end <= bytes.length; end++) assert.ok(!oracle(bytes.subarray(0, end)), `${fault} ${end}`);
  }));
});
