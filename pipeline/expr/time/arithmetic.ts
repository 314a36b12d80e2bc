// Sums and products with instants and lengths of time; null where the operands are others.
import { Duration, saturating, wrapping } from "./duration.ts";
import { Instant } from "./instant.ts";

export function addTimes(a: unknown, b: unknown): unknown {
  if (a instanceof Duration && b instanceof Duration) return wrapping(a.nanoseconds + b.nanoseconds);
  if (a instanceof Instant && b instanceof Duration) return a.add(b.nanoseconds);
  return a instanceof Duration && b instanceof Instant ? b.add(a.nanoseconds) : null;
}

export function subtractTimes(a: unknown, b: unknown): unknown {
  if (a instanceof Duration && b instanceof Duration) return wrapping(a.nanoseconds - b.nanoseconds);
  if (!(a instanceof Instant)) return null;
  if (b instanceof Duration) return a.add(-b.nanoseconds);
  return b instanceof Instant ? saturating(a.nanoseconds - b.nanoseconds) : null;
}

/** With an integer a length of time, with a float its nanoseconds as a float. */
export function multiplyTimes(a: unknown, b: unknown): unknown {
  if (a instanceof Duration) {
    if (b instanceof Duration) return wrapping(a.nanoseconds * b.nanoseconds);
    if (typeof b === "bigint") return wrapping(a.nanoseconds * b);
    return typeof b === "number" ? Number(a.nanoseconds) * b : null;
  }
  return b instanceof Duration ? multiplyTimes(b, a) : null;
}
