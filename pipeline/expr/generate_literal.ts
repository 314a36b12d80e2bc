// Literals of the checked tree as JavaScript text.
import type { LiteralValue } from "./tree.ts";

/** An integer becomes a bigint literal; use doubleLiteral where it meets floats. */
export function literal(value: LiteralValue): string {
  if (typeof value === "bigint") return value < 0n ? `(${value}n)` : `${value}n`;
  if (typeof value === "number") return numberText(value);
  return typeof value === "string" ? stringText(value) : String(value);
}

/** Quoted, and safe inside a script element or on a line of its own. */
export function stringText(value: string): string {
  return JSON.stringify(value)
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029")
    .replaceAll("</", "<\\/");
}

export function numberText(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return `(${text})`;
}
