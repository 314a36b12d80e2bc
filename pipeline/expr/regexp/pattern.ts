// The tree of a parsed pattern.
import type { CharSet } from "./char_set.ts";

export type Assertion = "text start" | "text end" | "line start" | "line end" | "word boundary" | "no word boundary";

export type Pattern =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly set: CharSet; /** set for one plain character */ readonly char?: string }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly Pattern[] }
  | { readonly kind: "choice"; readonly options: readonly Pattern[] }
  | { readonly kind: "repeat"; readonly body: Pattern; readonly min: number; readonly max: number };
