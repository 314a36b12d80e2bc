/** A scanner bound to its columns. */
import { type Core, core } from "./core.ts";
import type { ScanField, Target } from "./fields.ts";
import { generateScanner } from "./generate.ts";

export interface Scanner {
  /**
   * Reads the JSON object in `buf[start, end)` and puts exactly one value into each writer, or none and returns the
   * fault's code (see `Fault`); 0 means written. White space around the object is allowed.
   */
  scan(buf: Uint8Array, start: number, end: number): number;
  /** Offset of the last fault from the start of its record; valid until the next `scan` of any scanner. */
  errorOffset(): number;
  /** What to tell the user about the last fault; valid as long. */
  errorText(): string;
}

export type BindScanner = (core: Core, writers: readonly (Target | null)[]) => Scanner;

/** Instantiates a generated scanner on the spot; compiled pipelines import the generated module instead. */
export function createScanner(fields: readonly ScanField[], writers: readonly (Target | null)[]): Scanner {
  if (writers.length !== fields.length) throw new RangeError("a scanner needs one writer (or null) per field");
  const body = generateScanner(fields).replace("export function bindScanner", "return function bindScanner");
  const bind: BindScanner = new Function(body)();
  return bind(core, writers);
}
