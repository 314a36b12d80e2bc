/** For tests: instants by way of `Date` and bigint, which the product does not use for them. */

/** RFC 3339 in UTC; trailing zeros of the fraction are left out. Beyond the year 9999: `far`. */
export function formatTicks(nanoseconds: bigint, digits = 9): string {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (nanoseconds - fraction) / 1_000_000_000n;
  const text = fraction.toString().padStart(9, "0").slice(0, digits).replace(/0+$/, "");
  if (Math.abs(Number(seconds)) > 253402300799) return "far";
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 19) + (text === "" ? "Z" : `.${text}Z`);
}

/** Texts of every accepted layout with the nanoseconds they stand for. */
export const TIMES: ReadonlyMap<string, bigint> = new Map(
  ([
    ["2025-03-01T10:20:30Z", "2025-03-01T10:20:30Z", 0],
    ["2025-03-01T10:20:30.123456789Z", "2025-03-01T10:20:30Z", 123456789],
    ["2025-03-01T10:20:30.5+01:00", "2025-03-01T09:20:30Z", 500000000],
    ["2025-03-01T10:20:30", "2025-03-01T10:20:30Z", 0],
    ["2025-03-01 10:20:30,25", "2025-03-01T10:20:30Z", 250000000],
    ["Sat, 01 Mar 2025 10:20:30 UTC", "2025-03-01T10:20:30Z", 0],
    ["Sat Mar  1 10:20:30 2025", "2025-03-01T10:20:30Z", 0],
    ["2025-03-01", "2025-03-01T00:00:00Z", 0],
    ["03/04/2025", "2025-03-04T00:00:00Z", 0],
    ["13/01/2025", "2025-01-13T00:00:00Z", 0],
    ["Mar 1, 2025", "2025-03-01T00:00:00Z", 0],
    ["1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z", 0],
    ["2150-01-01T00:00:00Z", "2150-01-01T00:00:00Z", 0],
    ["2310-01-01T00:00:00Z", "2310-01-01T00:00:00Z", 0],
  ] as [string, string, number][]).map((
    [text, utc, nanos],
  ) => [text, BigInt(Date.parse(utc)) * 1_000_000n + BigInt(nanos)]),
);

/** Nanoseconds of a text that {@link formatTicks} made or {@link TIMES} knows. */
export function readTicks(text: string): bigint | null {
  const known = TIMES.get(text);
  if (known !== undefined) return known;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(text);
  if (match === null) return null;
  return BigInt(Date.parse(`${match[1]}Z`)) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}
