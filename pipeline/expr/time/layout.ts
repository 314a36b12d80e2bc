// Layouts of dates: the reference time Mon Jan 2 15:04:05 MST 2006 written as the text in question is written.

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

export type Element =
  | "text"
  | "year"
  | "long year"
  | "month name"
  | "month short"
  | "month"
  | "month 2"
  | "weekday name"
  | "weekday short"
  | "day"
  | "day _2"
  | "day 2"
  | "year day _3"
  | "year day 3"
  | "hour"
  | "hour12"
  | "hour12 2"
  | "minute"
  | "minute 2"
  | "second"
  | "second 2"
  | "PM"
  | "pm"
  | "zone name"
  | "zone offset"
  | "fraction 0"
  | "fraction 9";

export interface LayoutPart {
  readonly element: Element;
  /** the layout's own text */
  readonly text: string;
}

/** Longest first among those that begin alike. */
const ELEMENTS: readonly (readonly [string, Element])[] = [
  ["January", "month name"],
  ["Monday", "weekday name"],
  ["MST", "zone name"],
  ["002", "year day 3"],
  ["01", "month 2"],
  ["02", "day 2"],
  ["03", "hour12 2"],
  ["04", "minute 2"],
  ["05", "second 2"],
  ["06", "year"],
  ["15", "hour"],
  ["1", "month"],
  ["2006", "long year"],
  ["2", "day"],
  ["__2", "year day _3"],
  ["3", "hour12"],
  ["4", "minute"],
  ["5", "second"],
  ["PM", "PM"],
  ["pm", "pm"],
  ["-070000", "zone offset"],
  ["-07:00:00", "zone offset"],
  ["-0700", "zone offset"],
  ["-07:00", "zone offset"],
  ["-07", "zone offset"],
  ["Z070000", "zone offset"],
  ["Z07:00:00", "zone offset"],
  ["Z0700", "zone offset"],
  ["Z07:00", "zone offset"],
  ["Z07", "zone offset"],
];

const FRACTION = /[.,](0+|9+)(?![0-9])/y;

const MAX_CACHED = 256;
const cache = new Map<string, readonly LayoutPart[]>();

export function layoutParts(layout: string): readonly LayoutPart[] {
  let parts = cache.get(layout);
  if (parts === undefined) {
    parts = split(layout);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(layout, parts);
  }
  return parts;
}

function split(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = [];
  let from = 0;
  let at = 0;
  while (at < layout.length) {
    const found = elementAt(layout, at);
    if (found === null) {
      at++;
      continue;
    }
    if (at > from) parts.push({ element: "text", text: layout.slice(from, at) });
    parts.push(found);
    from = at += found.text.length;
  }
  if (at > from) parts.push({ element: "text", text: layout.slice(from) });
  return parts;
}

function elementAt(layout: string, at: number): LayoutPart | null {
  const known = ELEMENTS.find(([text]) => layout.startsWith(text, at));
  if (known !== undefined) return { element: known[1], text: known[0] };
  // short names stand alone: `Janet` is no month
  const short = layout.startsWith("Jan", at) ? "month short" : layout.startsWith("Mon", at) ? "weekday short" : null;
  if (short !== null && !/^[a-z]/.test(layout.slice(at + 3, at + 4))) {
    return { element: short, text: layout.slice(at, at + 3) };
  }
  // of `_2006` the underscore is text and the rest a year
  if (layout.startsWith("_2", at) && !layout.startsWith("_2006", at)) return { element: "day _2", text: "_2" };
  FRACTION.lastIndex = at;
  const fraction = FRACTION.exec(layout);
  if (fraction === null) return null;
  return { element: fraction[1][0] === "0" ? "fraction 0" : "fraction 9", text: fraction[0] };
}
