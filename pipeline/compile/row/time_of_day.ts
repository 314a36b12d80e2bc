/** Texts and seconds into Time and Time64 columns. */
import { type ChType, type ColumnWriter, formatType, parseTimeOfDay } from "../../native/mod.ts";
import { outOfRange, RowError } from "./errors.ts";
import { numeric } from "./exact_number.ts";

export interface PutTimeOfDay {
  readonly type: string;
  readonly scale: number;
  put(ticks: number): void;
}

/** Either way from midnight. */
const END_SECONDS = 3_600_000;

export function timeOfDayWriter(writer: ColumnWriter, type: ChType & { kind: "Time" | "Time64" }): PutTimeOfDay {
  const numbers = numeric(writer);
  return {
    type: formatType(type),
    scale: type.kind === "Time" ? 0 : type.scale,
    put: (ticks) => numbers.putNumber(ticks),
  };
}

/** `10:20:30.5`, or seconds; finer digits are cut. */
export function putTimeOfDay({ type, scale, put }: PutTimeOfDay, value: string | number): void {
  if (typeof value === "string") {
    const ticks = parseTimeOfDay(value, scale);
    if (ticks === null) throw new RowError(`unable to parse time from '${value.slice(0, 200)}'`);
    put(ticks);
  } else if (Math.abs(value) < END_SECONDS) put(Math.trunc(value * 10 ** scale));
  else throw outOfRange(type, value);
}
