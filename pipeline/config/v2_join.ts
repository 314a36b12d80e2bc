/** The join of a version 2 configuration: its sides, and the names of the joined record's fields. */
import { ConfigError } from "./config_error.ts";
import type { WireV2 } from "./v2_schema.ts";

/** A source by the names version 2 may use for it: the topic's id and the topic's name. */
export interface Named {
  readonly id: string;
  readonly names: readonly string[];
}

export function sourceIdOf(sources: readonly Named[], given: string): string {
  const exact = sources.find(({ id }) => id === given);
  return (exact ?? sources.find(({ names }) => names.includes(given)))?.id ?? given;
}

export interface JoinOutputs {
  /** Name in the joined record of what a mapping calls `name`. */
  outputOf(name: string, column: string, sourceId: string | null | undefined): string;
}

/** Undefined for an absent or disabled join. */
export function convertJoin(
  wire: WireV2,
  sources: readonly Named[],
): { json: Record<string, unknown>; sides: { left: string; right: string }; outputs: JoinOutputs } | undefined {
  const { join } = wire;
  if (!join?.enabled) return undefined;
  const side = (orientation: string) => {
    const found = (join.sources ?? []).filter((each) => each.orientation.trim().toLowerCase() === orientation);
    if (found.length !== 1) {
      const message = "join needs exactly one left and one right source";
      throw ConfigError.rule([{ path: "body.join.sources", message }]);
    }
    const { source_id, join_key, time_window } = found[0];
    return { source_id: sourceIdOf(sources, source_id), key: join_key, time_window };
  };
  const left_source = side("left");
  const right_source = side("right");
  const output_fields = outputFields(wire, sources);
  return {
    json: { enabled: true, type: join.type || "temporal", left_source, right_source, output_fields },
    sides: { left: left_source.source_id, right: right_source.source_id },
    outputs: {
      outputOf: (name, column, sourceId) => {
        const id = sourceId ? sourceIdOf(sources, sourceId) : undefined;
        const candidates = output_fields.filter((each) => each.name === name && (!id || each.source_id === id));
        return (candidates.find((each) => each.output_name === column) ?? candidates[0])?.output_name ?? name;
      },
    },
  };
}

interface Output {
  readonly source_id: string;
  readonly name: string;
  readonly output_name: string;
}

/** The fields that are listed, otherwise all; named after their columns. */
function outputFields(wire: WireV2, sources: readonly Named[]): Output[] {
  const all = (wire.schema?.fields ?? []).map((field) => ({
    source_id: field.source_id ? sourceIdOf(sources, field.source_id) : sources[0]?.id ?? "",
    name: field.name,
    output_name: field.column_name || undefined,
  }));
  const columnOf = (source_id: string, name: string) =>
    all.find((each) => each.source_id === source_id && each.name === name)?.output_name;
  const listed = (wire.join?.fields ?? []).map(({ source_id, name, output_name }) => {
    const id = sourceIdOf(sources, source_id);
    return { source_id: id, name, output_name: output_name || columnOf(id, name) };
  });
  const taken = new Set<string>();
  return (listed.length > 0 ? listed : all).map(({ source_id, name, output_name = name }) => {
    // Both topics may have a field of this name.
    const unique = taken.has(output_name) ? `${source_id}_${output_name}` : output_name;
    taken.add(unique);
    return { source_id, name, output_name: unique };
  });
}
