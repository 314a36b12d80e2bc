// Every function an expression may call: what it takes, what it gives, which runtime export does it, and what the
// reference says of it. Functions with a predicate are in predicates.ts.
import { BUILTINS } from "./catalog_builtins.ts";
import { CUSTOM } from "./catalog_custom.ts";
import type { ExpressionMode, Kind, StaticType } from "./types.ts";

export interface FunctionSpec {
  /** name of the runtime's export */
  readonly target: string;
  /** how it is called, with `?` after arguments that may be left out */
  readonly signature: string;
  /** what it gives and when it fails, as one line of the reference */
  readonly help: string;
  /** accepted kinds per argument; the last entry also stands for any further ones */
  readonly params: readonly (readonly Kind[])[];
  readonly min: number;
  readonly max: number;
  readonly result: StaticType;
  /** the result has the type of the first argument when that is one number */
  readonly sameAsFirst?: boolean;
  /** types that are accepted one by one and cannot be together */
  rejects?(types: readonly StaticType[]): boolean;
}

export function findFunction(name: string, mode: ExpressionMode): FunctionSpec | undefined {
  const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  const custom = Object.hasOwn(CUSTOM, name) ? CUSTOM[name] : undefined;
  switch (mode) {
    case "filter":
      return builtin;
    case "stateless":
      return custom ?? builtin;
    case "value":
      return builtin ?? custom;
  }
}
