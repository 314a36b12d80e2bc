/**
 * The `join` object. Its shape and rules are checked in full, but the join stage arrives in a later release: a
 * configuration that enables it is refused with {@link JOIN_NOT_AVAILABLE} once everything else about it is right.
 */
import { z } from "zod";
import { type Problems, quote } from "./config_error.ts";
import { Duration } from "./duration.ts";
import type { FieldDecl } from "./field_type.ts";
import { fieldsOf, type Source } from "./sources.ts";
import { LONGEST_WINDOW } from "./transforms.ts";
import { durationText, flag, optional, required, text } from "./wire.ts";

export const JOIN_NOT_AVAILABLE =
  "join is not available yet: it arrives in a later release. Use one source and no join, or one pipeline per source";

const sideSchema = z.strictObject({
  source_id: required(text, "The source of this side."),
  key: required(text, "Field whose values are matched."),
  time_window: required(durationText, "How long a record waits for its partner, at most 168h."),
});

export const joinSchema = z.strictObject({
  enabled: required(flag, "Whether the two sources are joined. Not available yet."),
  type: optional(text, "Only temporal.", { default: "temporal" }),
  left_source: optional(sideSchema, "Left side; needed when enabled."),
  right_source: optional(sideSchema, "Right side; needed when enabled."),
  output_fields: optional(
    z.array(z.strictObject({
      source_id: required(text, "Source the field comes from."),
      name: required(text, "Field of that source."),
      output_name: optional(text, "Name in the joined record; the field's name if absent."),
    })),
    "Fields of the joined record; at least one when enabled.",
  ),
}).meta({
  json: {
    if: { properties: { enabled: { const: true } } },
    then: { required: ["left_source", "right_source", "output_fields"] },
  },
});

export interface JoinSide {
  readonly source_id: string;
  readonly key: string;
  readonly time_window: Duration;
}

export interface JoinOutput extends FieldDecl {
  readonly source_id: string;
  /** Field of the source. */
  readonly field: string;
}

export interface JoinConfig {
  readonly type: "temporal";
  readonly left_source: JoinSide;
  readonly right_source: JoinSide;
  /** `name` and `type` are those of the joined record. */
  readonly output_fields: readonly JoinOutput[];
}

type Wire = z.infer<typeof joinSchema>;
type WireSide = z.infer<typeof sideSchema>;

/** Undefined for an absent or disabled join. */
export function readJoin(
  wire: Wire | null | undefined,
  sources: readonly Source[],
  problems: Problems,
): JoinConfig | undefined {
  if (!wire?.enabled) return undefined;
  const type = wire.type?.trim().toLowerCase() || "temporal";
  if (type !== "temporal") problems.add("body.join.type", "unsupported join type; use temporal");
  const left = readSide(wire.left_source, "left_source", sources, problems);
  const right = readSide(wire.right_source, "right_source", sources, problems);
  if (left !== undefined && left.source_id === right?.source_id) {
    problems.add("body.join.right_source.source_id", "join needs two different sources");
  }
  const outputs = readOutputs(wire, sources, problems);
  const none: JoinSide = { source_id: "", key: "", time_window: Duration.parse("0") };
  return { type: "temporal", left_source: left ?? none, right_source: right ?? none, output_fields: outputs };
}

function readSide(
  wire: WireSide | null | undefined,
  name: string,
  sources: readonly Source[],
  problems: Problems,
): JoinSide | undefined {
  const at = `body.join.${name}`;
  if (!wire) {
    problems.add(at, `an enabled join needs ${name}`);
    return undefined;
  }
  const fields = schemaOf(wire.source_id, sources, `join ${name}`, `${at}.source_id`, problems);
  if (wire.key.trim() === "") problems.add(`${at}.key`, `join ${name}: key is required`);
  else if (fields !== undefined && !fields.some((field) => field.name === wire.key)) {
    problems.add(`${at}.key`, `join ${name}: key ${quote(wire.key)} not found in schema_fields`);
  }
  const window = Duration.parse(wire.time_window);
  if (window.isZero()) problems.add(`${at}.time_window`, `join ${name}: time_window must be greater than 0`);
  else if (window.nanoseconds > LONGEST_WINDOW.nanoseconds) {
    problems.add(`${at}.time_window`, `join ${name}: time_window must be at most 168h (7 days)`);
  }
  return { source_id: wire.source_id, key: wire.key, time_window: window };
}

function readOutputs(wire: Wire, sources: readonly Source[], problems: Problems): JoinOutput[] {
  const outputs = wire.output_fields ?? [];
  if (outputs.length === 0) problems.add("body.join.output_fields", "an enabled join needs output_fields");
  const seen = new Set<string>();
  return outputs.map((output, i) => {
    const at = `body.join.output_fields[${i}]`;
    const fields = schemaOf(output.source_id, sources, `join output_fields[${i}]`, `${at}.source_id`, problems);
    const field = fields?.find((each) => each.name === output.name);
    if (output.name.trim() === "") problems.add(`${at}.name`, `join output_fields[${i}]: name must not be blank`);
    else if (fields !== undefined && field === undefined) {
      problems.add(`${at}.name`, `join output field ${quote(output.name)} not found in schema_fields`);
    }
    const name = output.output_name?.trim() ? output.output_name : output.name;
    if (seen.has(name)) problems.add(`${at}.output_name`, `join output ${quote(name)} is declared twice`);
    seen.add(name);
    return { source_id: output.source_id, field: output.name, name, type: field?.type ?? "string" };
  });
}

function schemaOf(
  sourceId: string,
  sources: readonly Source[],
  subject: string,
  at: string,
  problems: Problems,
): readonly FieldDecl[] | undefined {
  const source = sources.find((each) => each.source_id === sourceId);
  if (source === undefined) problems.add(at, `${subject}: source_id ${quote(sourceId)} does not match any source`);
  return source && fieldsOf(source);
}
