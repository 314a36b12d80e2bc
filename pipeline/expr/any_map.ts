// Maps whose keys may be any scalar: what fromPairs() and groupBy() give. Keys of different types are different keys.
import { make, visit } from "./budget.ts";
import { EvaluationError } from "./errors.ts";
import { Special, typeOf } from "./values.ts";

interface Entry {
  readonly key: unknown;
  value: unknown;
}

export class AnyMap extends Special {
  override readonly typeName = "map";
  override readonly goName = "map[interface {}]interface {}";
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** @throws EvaluationError when the key is an array or a map */
  get(key: unknown): unknown {
    return this.#entries.get(identity(key))?.value;
  }

  has(key: unknown): boolean {
    return this.#entries.has(identity(key));
  }

  set(key: unknown, value: unknown): void {
    this.#entries.set(identity(key), { key, value });
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  override toText(format: (value: unknown) => string): string {
    visit(1 + this.size);
    const parts = this.entries().map(({ key, value }) => [format(key), format(value)] as const);
    make(parts.reduce((length, [key, value]) => length + key.length + value.length + 2, 0));
    parts.sort(([a], [b]) => a < b ? -1 : 1);
    return `map[${parts.map(([key, value]) => `${key}:${value}`).join(" ")}]`;
  }

  /** With the keys as text. */
  override toJson(format: (value: unknown) => string): unknown {
    visit(1 + this.size);
    const result: Record<string, unknown> = Object.create(null);
    for (const { key, value } of this.entries()) result[format(key)] = value;
    return result;
  }

  override equals(other: unknown, equal: (a: unknown, b: unknown) => boolean): boolean {
    if (!(other instanceof AnyMap) || other.size !== this.size) return false;
    visit(4 * (1 + this.size));
    return this.entries().every(({ key, value }) => other.has(key) && equal(value, other.get(key)));
  }
}

function identity(key: unknown): string {
  if (key === null || key === undefined) return "nil";
  if (typeof key !== "object") return `${typeof key}:${key}`;
  if (key instanceof Special && !(key instanceof AnyMap)) return `${key.typeName}:${key.toText(String)}`;
  throw new EvaluationError(`runtime error: hash of unhashable type ${typeOf(key)}`);
}
