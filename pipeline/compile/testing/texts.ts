/** For tests: texts that mean something to some column type. */
import { TIMES } from "./instants.ts";

/** Canonical forms. */
export const IPV6: ReadonlyMap<string, string> = new Map([
  ["::1", "::1"],
  ["2001:0db8:0:0:0:0:0:0001", "2001:db8::1"],
  ["192.168.1.10", "::ffff:192.168.1.10"],
]);

export const TEXTS: readonly string[] = [
  "",
  "a",
  "red",
  "GET",
  "ünïcödé – 汉字 🎉",
  'quote " and \\ and \u0001\n',
  "0123456789abcdef0123456789ABCDEF",
  "01234567-89ab-cdef-0123-456789abcdef",
  "12",
  "-7",
  "1.5",
  "true",
  "x".repeat(150),
  ...IPV6.keys(),
  ...TIMES.keys(),
];
