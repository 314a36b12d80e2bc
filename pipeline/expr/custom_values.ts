// Custom conversions: toInt, toFloat, waterfall.
import { need, textArguments } from "./custom_arguments.ts";
import { decimalFloat, decimalInt } from "./number_text.ts";
import { string, truncate } from "./numbers.ts";

/** Integer text, else the floor of float text, else 0. */
export function customToInt(...args: unknown[]): bigint {
  const [source] = textArguments(args, 1, "toInt");
  const whole = decimalInt(source);
  if (whole !== null) return whole;
  const value = decimalFloat(source);
  return value === null ? 0n : truncate(Math.floor(value));
}

export function customToFloat(...args: unknown[]): number {
  const [source] = textArguments(args, 1, "toFloat");
  return decimalFloat(source) ?? 0;
}

/** The first value that is neither nil nor empty, as text; of an array first argument, its first such element. */
export function customWaterfall(...args: unknown[]): string {
  need(args, 1, "waterfall");
  const candidates = Array.isArray(args[0]) ? args[0] : args;
  const chosen = candidates.find((value) => value !== null && value !== undefined && value !== "");
  return chosen === undefined ? "" : string(chosen);
}
