// A set of code points: ranges and Unicode properties, possibly negated, possibly ignoring case.

export interface SetItem {
  /** inclusive pairs: low, high, low, high, … */
  readonly ranges: readonly number[];
  readonly property?: RegExp;
  readonly negated?: boolean;
}

/** Characters whose upper and lower case forms do not lead to them: lower-case form → further members. */
const ALSO: ReadonlyMap<string, string> = new Map([
  ["s", "ſ"],
  ["k", "\u212a"],
  ["å", "\u212b"],
  ["ω", "\u2126"],
  ["θ", "ϑϴ"],
  ["β", "ϐ"],
  ["ε", "ϵ"],
  ["κ", "ϰ"],
  ["μ", "µ"],
  ["π", "ϖ"],
  ["ρ", "ϱ"],
  ["σ", "ς"],
  ["φ", "ϕ"],
  ["ι", "\u0345\u1fbe"],
  ["ṡ", "ẛ"],
]);

const UNKNOWN = 0, YES = 1, NO = 2;

export class CharSet {
  readonly #items: readonly SetItem[];
  readonly #negated: boolean;
  readonly #ignoreCase: boolean;
  /** Answers for ASCII, each found out when it is first asked for: a pattern may have thousands of sets. */
  readonly #ascii = new Uint8Array(128);

  constructor(items: readonly SetItem[], negated = false, ignoreCase = false) {
    this.#items = items;
    this.#negated = negated;
    this.#ignoreCase = ignoreCase;
  }

  has(code: number): boolean {
    if (code >= 128) return this.#test(code);
    const known = this.#ascii[code];
    return known === UNKNOWN ? (this.#ascii[code] = this.#test(code) ? YES : NO) === YES : known === YES;
  }

  #test(code: number): boolean {
    const found = this.#contains(code) || (this.#ignoreCase && variants(code).some((other) => this.#contains(other)));
    return found !== this.#negated;
  }

  #contains(code: number): boolean {
    return this.#items.some((item) => itemHas(item, code));
  }
}

export function itemHas(item: SetItem, code: number): boolean {
  let found = item.property !== undefined && item.property.test(String.fromCodePoint(code));
  for (let i = 0; i < item.ranges.length && !found; i += 2) {
    found = code >= item.ranges[i] && code <= item.ranges[i + 1];
  }
  return found !== (item.negated ?? false);
}

/** The other characters equal to this one when case is ignored. */
function variants(code: number): number[] {
  const char = String.fromCodePoint(code);
  const lower = char.toUpperCase().toLowerCase();
  const all = [char.toLowerCase(), char.toUpperCase(), lower, lower.toUpperCase(), ...(ALSO.get(lower) ?? "")];
  return all.filter((other) => [...other].length === 1).map((other) => other.codePointAt(0)!);
}
