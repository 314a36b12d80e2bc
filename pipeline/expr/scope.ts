// What names mean at one place of an expression: declared fields, `let` variables, enclosing predicates.
import { type FieldDeclaration, fieldStaticType, type StaticType } from "./types.ts";

/** The declared fields. A dotted name `a.b` is reached as `a.b` or `a["b"]`; `null` declarations allow any name. */
export class DeclaredFields {
  readonly #types: ReadonlyMap<string, StaticType> | null;
  readonly #names: readonly string[];

  constructor(fields: readonly FieldDeclaration[] | null, integersStayIntegers: boolean) {
    this.#types = fields && new Map(fields.map((field) => [field.name, fieldStaticType(field, integersStayIntegers)]));
    this.#names = fields ? [...new Set(fields.map((field) => field.name))] : [];
  }

  /** No schema: any name is a field of unknown type. */
  get open(): boolean {
    return this.#types === null;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  type(name: string): StaticType | undefined {
    return this.#types?.get(name);
  }

  /** First segments below a dotted prefix: of `a.b`, `a.c.d` below `a`: `b`, `c`. */
  below(prefix: string): string[] {
    const segments = this.#names
      .filter((name) => name.startsWith(`${prefix}.`))
      .map((name) => name.slice(prefix.length + 1).split(".")[0]);
    return [...new Set(segments)];
  }
}

export interface Local {
  readonly name: string;
  readonly id: number;
  readonly type: StaticType;
}

export interface Scope {
  readonly locals: readonly Local[];
  /** one entry per enclosing predicate, outermost first */
  readonly predicates: readonly PredicateScope[];
}

export interface PredicateScope {
  /** of `#` */
  readonly element: StaticType;
  /** `#index` has a meaning */
  readonly indexed: boolean;
  /** `#acc` has a meaning */
  readonly reduces: boolean;
}

export const EMPTY_SCOPE: Scope = { locals: [], predicates: [] };

export function withLocal(scope: Scope, local: Local): Scope {
  return { ...scope, locals: [...scope.locals, local] };
}

export function withPredicate(scope: Scope, predicate: PredicateScope): Scope {
  return { ...scope, predicates: [...scope.predicates, predicate] };
}
