// What names mean in a CEL expression: macro variables, declared fields, types.
import { type CelField, type CelType, DYN, fieldType } from "./types.ts";

export interface Variable {
  readonly name: string;
  readonly id: number;
  readonly type: CelType;
}

/** Innermost last. */
export type Scope = readonly Variable[];

export interface Field {
  readonly name: string;
  readonly type: CelType;
  /** bound of an integer field's size */
  readonly bound: number;
}

const SMALL = 2 ** 32;

/** `null` declarations: every name is a field of unknown type. */
export class Fields {
  readonly #declared: ReadonlyMap<string, CelField> | null;

  constructor(declarations: readonly CelField[] | null) {
    this.#declared = declarations && new Map(declarations.map((field) => [field.name, field]));
  }

  find(name: string): Field | null {
    if (this.#declared === null) return { name, type: DYN, bound: Infinity };
    const declared = this.#declared.get(name);
    if (declared === undefined) return null;
    return { name, type: fieldType(declared), bound: declared.small === true ? SMALL : Infinity };
  }

  /** Whether a path such as `a.b` can be a field's name. */
  get closed(): boolean {
    return this.#declared !== null;
  }
}
