/**
 * Amounts in resource settings: Kubernetes quantities (`100m`, `1.5Gi`), stream sizes (`10Gi`, `1.5TB`) and stream
 * ages (`24h`). Each check returns why a text is wrong, or undefined; none repeats the text.
 */
import { Duration, DURATION_PATTERN, InvalidDuration } from "./duration.ts";

const QUANTITY = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,2})|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/;
/** For JSON Schema. An empty text stands for an absent one. */
export const QUANTITY_PATTERN = `^$|${QUANTITY.source.replace("^", "^\\s*").replace("$", "\\s*$")}`;
const BYTES = /^(\d+(?:\.\d*)?|\.\d+)\s*([kmgt]b)$/i;
export const BYTE_SIZE_PATTERN = `${QUANTITY_PATTERN}|^\\s*(?:\\d+\\.?\\d*|\\.\\d+)\\s*[kmgtKMGT][bB]\\s*$`;
export const AGE_PATTERN = `^$|${DURATION_PATTERN.replace("\\d+d|", "")}`;

const SCALE: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
  KB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};

/** Value of a Kubernetes quantity (cores, bytes); undefined if the text is not one. */
export function quantityValue(text: string): number | undefined {
  const match = QUANTITY.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1] + (match[2] ?? "")) * (match[3] === undefined ? 1 : SCALE[match[3]]);
}

/** Bytes of a stream limit: a quantity, or a number with KB, MB, GB or TB (1024-based). 0 is unlimited. */
export function byteSize(text: string): number | undefined {
  const match = BYTES.exec(text.trim());
  const value = match === null ? quantityValue(text) : Number(match[1]) * SCALE[match[2].toUpperCase()];
  return value === undefined ? undefined : Math.floor(value);
}

export function quantityProblem(text: string): string | undefined {
  return quantityValue(text) === undefined ? "must be a quantity such as 500m, 2, 256Mi or 1.5Gi" : undefined;
}

export function byteSizeProblem(text: string): string | undefined {
  return byteSize(text) === undefined ? "must be a size such as 10Gi, 500MB or 0 for unlimited" : undefined;
}

/** Stream ages have no day unit. */
export function ageProblem(text: string): string | undefined {
  if (text.includes("d")) return "must be a duration without days, such as 168h";
  try {
    Duration.parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidDuration)) throw error;
    return "must be a duration such as 24h or 90m";
  }
}
