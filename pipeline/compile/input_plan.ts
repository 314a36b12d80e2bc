/**
 * What of a pipeline is known before its table is looked at: the fields that its first edge carries, and its shards. Neither
 * depends on the columns' exact types.
 */
import type { KeyPath, PipelineConfig } from "../config/mod.ts";
import type { Layout } from "../native/mod.ts";
import { planPipeline } from "./plan.ts";
import type { TableColumn } from "./target_columns.ts";

export interface InputPlan {
  readonly input: Layout;
  readonly inputDigest: string;
  readonly sharding: { readonly shards: number; readonly key: KeyPath | null };
}

/**
 * Also refuses what no parameter of a column's type could mend, such as a text mapped onto an integer.
 *
 * @throws {PlanError}
 */
export function planInput(config: PipelineConfig): InputPlan {
  const table = config.sink.mapping.map(({ column_name, column_type }): TableColumn => ({
    name: column_name,
    type: column_type.includes("'")
      ? column_type
      : column_type.replaceAll(WITHOUT_PARAMETERS, (name) => ANY_PARAMETERS[name]),
    default_kind: "",
  }));
  const { input, inputDigest, sharding } = planPipeline(config, table);
  return { input, inputDigest, sharding };
}

/** Types whose mapping may leave the parameters to the table, also inside another type; a text with labels has them. */
const WITHOUT_PARAMETERS = /\b(?:DateTime64|FixedString|Enum8|Enum16)\b(?!\s*\()/g;
const ANY_PARAMETERS: Readonly<Record<string, string>> = {
  DateTime64: "DateTime64(3)",
  FixedString: "FixedString(1)",
  Enum8: "Enum8('' = 0)",
  Enum16: "Enum16('' = 0)",
};
