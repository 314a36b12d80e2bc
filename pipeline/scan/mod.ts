/** Byte scanner: JSON records to columns. */
export { type Core, core } from "./core.ts";
export { Fault, MAX_DEPTH } from "./fault.ts";
export type { FieldType, NullableTarget, NumberTarget, ScanField, Target, TextTarget, WideTarget } from "./fields.ts";
export { generateScanner } from "./generate.ts";
export { type BindScanner, createScanner, type Scanner } from "./scanner.ts";
