// Writes an instant in a layout.
import type { Instant, Shown } from "./instant.ts";
import { dayOfYear } from "./civil.ts";
import { type LayoutPart, layoutParts, MONTHS, WEEKDAYS } from "./layout.ts";

export function formatInstant(instant: Instant, layout: string): string {
  const { shown, nanosecond } = instant;
  return layoutParts(layout).map((part) => write(part, shown, nanosecond)).join("");
}

function write({ element, text }: LayoutPart, shown: Shown, nanosecond: number): string {
  switch (element) {
    case "text":
      return text;
    case "year":
      return pad(Math.max(shown.year, 0) % 100, 2);
    case "long year":
      return shown.year < 0 ? `-${pad(-shown.year, 4)}` : pad(shown.year, 4);
    case "month name":
      return MONTHS[shown.month - 1];
    case "month short":
      return MONTHS[shown.month - 1].slice(0, 3);
    case "month":
      return String(shown.month);
    case "month 2":
      return pad(shown.month, 2);
    case "weekday name":
      return WEEKDAYS[shown.weekday];
    case "weekday short":
      return WEEKDAYS[shown.weekday].slice(0, 3);
    case "day":
      return String(shown.day);
    case "day _2":
      return pad(shown.day, 2, " ");
    case "day 2":
      return pad(shown.day, 2);
    case "year day _3":
      return pad(dayOfYear(shown), 3, " ");
    case "year day 3":
      return pad(dayOfYear(shown), 3);
    case "hour":
      return pad(shown.hour, 2);
    case "hour12":
      return String(shown.hour % 12 || 12);
    case "hour12 2":
      return pad(shown.hour % 12 || 12, 2);
    case "minute":
      return String(shown.minute);
    case "minute 2":
      return pad(shown.minute, 2);
    case "second":
      return String(shown.second);
    case "second 2":
      return pad(shown.second, 2);
    case "PM":
      return shown.hour < 12 ? "AM" : "PM";
    case "pm":
      return shown.hour < 12 ? "am" : "pm";
    case "zone name":
      return shown.abbreviation || offsetText(shown.offset, "-0700");
    case "zone offset":
      return offsetText(shown.offset, text);
    case "fraction 0":
      return text[0] + pad(nanosecond, 9).slice(0, text.length - 1);
    case "fraction 9": {
      const digits = pad(nanosecond, 9).slice(0, text.length - 1).replace(/0+$/, "");
      return digits === "" ? "" : text[0] + digits;
    }
  }
}

/** An offset in the form of `-0700`, `-07:00`, `-07` or with seconds; with `Z` first, no offset is `Z`. */
function offsetText(offset: number, form: string): string {
  if (form[0] === "Z" && offset === 0) return "Z";
  const size = Math.abs(offset);
  const minutes = Math.floor(size / 60);
  const parts = [Math.floor(minutes / 60), minutes % 60, size % 60].map((part) => pad(part, 2));
  const wanted = form.replaceAll(/\D/g, "").length / 2;
  // less than a minute to the west has no sign
  return (offset < 0 && minutes > 0 ? "-" : "+") + parts.slice(0, wanted).join(form.includes(":") ? ":" : "");
}

function pad(value: number, width: number, filler = "0"): string {
  return String(value).padStart(width, filler);
}
