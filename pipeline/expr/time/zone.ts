// Time zones: UTC, a fixed offset, or a name of the IANA database. Which names there are, and their offsets, is the
// platform's Intl data; it is loaded with the program, so there is no I/O.
import { EvaluationError } from "../errors.ts";
import { Special } from "../values.ts";

/** What clocks show in a zone at one instant. */
export interface ZoneMoment {
  /** seconds east of UTC */
  readonly offset: number;
  /** `CET`; empty where there is none */
  readonly abbreviation: string;
}

export abstract class Zone extends Special {
  override readonly typeName = "time.Location";
  abstract readonly name: string;
  abstract at(unixSeconds: number): ZoneMoment;

  override toText(): string {
    return this.name;
  }

  override toJson(): unknown {
    return this.name;
  }

  override equals(other: unknown): boolean {
    return other === this;
  }
}

class FixedZone extends Zone {
  constructor(readonly name: string, readonly offset: number) {
    super();
  }

  override at(): ZoneMoment {
    return { offset: this.offset, abbreviation: this.name };
  }
}

export const UTC: Zone = new FixedZone("UTC", 0);

export function fixedZone(name: string, offset: number): Zone {
  return new FixedZone(name, offset);
}

/** Zones whose abbreviations only some locales write, in the order asked. */
const LOCALES = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA", "en-NZ"] as const;

class NamedZone extends Zone {
  readonly #offsets: Intl.DateTimeFormat;
  #names: readonly Intl.DateTimeFormat[] | null = null;

  constructor(readonly name: string) {
    super();
    this.#offsets = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  override at(unixSeconds: number): ZoneMoment {
    const instant = new Date(unixSeconds * 1000);
    const offset = offsetOf(part(this.#offsets, instant));
    return { offset, abbreviation: this.#abbreviation(instant) };
  }

  #abbreviation(instant: Date): string {
    this.#names ??= LOCALES.map((locale) =>
      new Intl.DateTimeFormat(locale, { timeZone: this.name, timeZoneName: "short" })
    );
    for (const format of this.#names) {
      const text = part(format, instant);
      if (/^[A-Z]{2,5}$/.test(text)) return text;
    }
    return "";
  }
}

/** The platform knows instants of 271,821 BC to AD 275,760; beyond, the offset is that of the nearest. */
const MAX_MS = 8.64e15;

function part(format: Intl.DateTimeFormat, instant: Date): string {
  const known = Number.isNaN(instant.getTime()) ? new Date(MAX_MS) : instant;
  return format.formatToParts(known).find(({ type }) => type === "timeZoneName")!.value;
}

/** Seconds of `GMT`, `GMT+01:00` or `GMT-00:43:08`. */
function offsetOf(text: string): number {
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (match === null) throw new RangeError(`the platform's time zone offset ${JSON.stringify(text)} is not understood`);
  if (match[1] === undefined) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return match[1] === "-" ? -seconds : seconds;
}

const MAX_CACHED = 1000;
const known = new Map<string, Zone>();

/** @throws EvaluationError when there is no zone of this name */
export function namedZone(name: string): Zone {
  if (name === "" || name === "UTC" || name === "Local") return UTC;
  let zone = known.get(name);
  if (zone === undefined) {
    // the platform also takes offsets and any letter case, which are no names of the database
    if (!/^[A-Z][A-Za-z0-9_+/-]*$/.test(name)) throw unknownZone(name);
    try {
      zone = new NamedZone(name);
    } catch (cause) {
      if (cause instanceof RangeError) throw unknownZone(name);
      throw cause;
    }
    if (known.size >= MAX_CACHED) known.clear();
    known.set(name, zone);
  }
  return zone;
}

function unknownZone(name: string): EvaluationError {
  return new EvaluationError(`unknown time zone ${name}: use a name like "Europe/Oslo"`);
}
