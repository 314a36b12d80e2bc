/**
 * What of a pipeline is known before its table is looked at: the fields that its first edge carries, and its shards. Neither
 * depends on the columns' exact types.
 */
import { withAnyParameters } from "../config/column_type.ts";
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
    type: withAnyParameters(column_type),
    default_kind: "",
  }));
  const { input, inputDigest, sharding } = planPipeline(config, table);
  return { input, inputDigest, sharding };
}
