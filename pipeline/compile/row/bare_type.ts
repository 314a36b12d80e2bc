import type { ChType, LowCardinalityType, NullableType } from "../../native/mod.ts";

export type BareType = Exclude<ChType, NullableType | LowCardinalityType>;

/** The value's own type inside Nullable and LowCardinality. */
export function bareType(type: ChType): BareType {
  return type.kind === "Nullable" || type.kind === "LowCardinality" ? bareType(type.inner) : type;
}
