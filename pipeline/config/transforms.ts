/**
 * The `transforms` array: filter, dedup and stateless, in any order. They always run filter, dedup, stateless; several
 * filters, and several stateless transforms, run in the order in which they are given.
 * Expressions are only checked for being there; the expression checker is handed to the parser from outside.
 */
import { z } from "zod";
import { type Problems, quote } from "./config_error.ts";
import { Duration } from "./duration.ts";
import { BASIC_FIELD_TYPES, type FieldDecl, type FieldType, normaliseOutputType } from "./field_type.ts";
import { type KeyPath, KeyPathError, keyPathProblem, parseKeyPath } from "./key_path.ts";
import { fieldsOf, isOtlp, type Source } from "./sources.ts";
import { choice, chosen, durationText, filled, optional, required, rule, text } from "./wire.ts";

/** Languages of expressions; the first one is meant where none is named. */
export const EXPRESSION_LANGUAGES = ["expr", "cel"] as const;
export type ExpressionLanguage = typeof EXPRESSION_LANGUAGES[number];

/** Longest window a dedup or join may remember. */
export const LONGEST_WINDOW = Duration.parse("168h");

const TRANSFORM_TYPES = ["dedup", "filter", "stateless"] as const;

const outputType = rule(
  text,
  (type) => normaliseOutputType(type) !== undefined,
  (type) => `unknown type ${quote(type)}; use ${BASIC_FIELD_TYPES.join(", ")}`,
  { anyOf: [{ enum: BASIC_FIELD_TYPES }, { pattern: `^\\s*(?:\\[\\])?\\s*[A-Za-z0-9]+\\s*$` }] },
);

const needs = (type: string, ...properties: string[]) => ({
  if: { properties: { type: { pattern: `^\\s*${type}\\s*$` } } },
  then: { properties: { config: { required: properties } } },
});

export const statelessOutputSchema = z.strictObject({
  expression: required(filled(text, "an output needs an expression"), "Expression that gives the value.", {
    examples: ["lower(severity_text)"],
  }),
  output_name: required(filled(text, "output_name must not be blank"), "Name of the output field."),
  output_type: required(
    outputType,
    "Type of the output field: the names of `schema_fields`, or a list of one of them, such as `[]string`.",
  ),
});

export const transformSchema = z.strictObject({
  type: required(
    choice(TRANSFORM_TYPES, "unsupported transform type; use dedup, filter or stateless"),
    "dedup, filter or stateless.",
  ),
  source_id: required(text, "The source whose records are transformed."),
  config: required(
    z.strictObject({
      key: optional(text, "dedup: the value that makes a record unique.", {
        examples: ["order_id", "attributes.order_id", '{"a":trace_id,"b":span_id}'],
      }),
      time_window: optional(durationText, "dedup: how long a key is remembered, at most 168h.", { examples: ["1h"] }),
      expression: optional(text, "filter: records are kept where it is true.", { examples: ["severity_number >= 9"] }),
      language: optional(
        text,
        "filter and stateless: the language of the expressions, expr (expr-lang 1.17) or cel (Common Expression Language).",
        { default: EXPRESSION_LANGUAGES[0] },
      ),
      transforms: optional(
        z.array(statelessOutputSchema),
        "stateless: the output fields. Fields not listed do not leave the transform.",
      ),
    }),
    "Settings of the transform; which ones apply depends on its type.",
  ),
}).meta({
  json: {
    allOf: [needs("dedup", "key", "time_window"), needs("filter", "expression"), needs("stateless", "transforms")],
  },
});

/** `index` is the place in the posted array, for messages. */
export interface FilterTransform {
  readonly type: "filter";
  readonly source_id: string;
  readonly expression: string;
  readonly language: ExpressionLanguage;
  readonly index: number;
}

export interface DedupTransform {
  readonly type: "dedup";
  readonly source_id: string;
  readonly key: string;
  /** The key, read. */
  readonly path: KeyPath;
  readonly time_window: Duration;
  readonly index: number;
}

export interface StatelessOutput {
  readonly expression: string;
  readonly output_name: string;
  /** As written. */
  readonly output_type: string;
  readonly field_type: FieldType;
}

export interface StatelessTransform {
  readonly type: "stateless";
  readonly source_id: string;
  readonly transforms: readonly StatelessOutput[];
  readonly language: ExpressionLanguage;
  readonly index: number;
}

export type Transform = FilterTransform | DedupTransform | StatelessTransform;

type Wire = z.infer<typeof transformSchema>;

/** Checks every transform and the rules between them; the result keeps the posted order. */
export function readTransforms(
  wires: readonly Wire[],
  sources: readonly Source[],
  joined: boolean,
  problems: Problems,
): Transform[] {
  const transforms: Transform[] = [];
  const deduplicated = new Set<string>();
  wires.forEach((wire, index) => {
    const at = `body.transforms[${index}]`;
    const type = chosen(TRANSFORM_TYPES, wire.type);
    if (type === undefined) return;
    const source = sources.find((each) => each.source_id === wire.source_id);
    if (source === undefined) {
      const message = `transforms[${index}]: source_id ${quote(wire.source_id)} does not match any source`;
      problems.add(`${at}.source_id`, message);
    }
    if (type === "dedup") {
      if (deduplicated.has(wire.source_id)) {
        const scope = `source ${quote(wire.source_id)}`;
        problems.add(at, `transforms[${index}]: ${scope} can have at most one dedup transform`);
      }
      deduplicated.add(wire.source_id);
    }
    if (joined && type !== "dedup") {
      problems.add(at, "filter/stateless transforms are not supported with join");
    }
    if (type === "dedup") transforms.push(readDedup(wire, source, index, at, problems));
    else if (type === "filter") transforms.push(readFilter(wire, index, at, problems));
    else transforms.push(readStateless(wire, index, at, problems));
  });
  return transforms;
}

function readFilter(wire: Wire, index: number, at: string, problems: Problems): FilterTransform {
  const expression = wire.config.expression ?? "";
  if (expression.trim() === "") problems.add(`${at}.config.expression`, "filter transform needs an expression");
  return { type: "filter", source_id: wire.source_id, expression, language: readLanguage(wire, at, problems), index };
}

function readLanguage(wire: Wire, at: string, problems: Problems): ExpressionLanguage {
  const given = wire.config.language?.trim().toLowerCase() || EXPRESSION_LANGUAGES[0];
  const language = EXPRESSION_LANGUAGES.find((each) => each === given);
  if (language !== undefined) return language;
  problems.add(
    `${at}.config.language`,
    `unknown expression language ${quote(given)}; use ${EXPRESSION_LANGUAGES.join(" or ")}`,
  );
  return EXPRESSION_LANGUAGES[0];
}

function readDedup(
  wire: Wire,
  source: Source | undefined,
  index: number,
  at: string,
  problems: Problems,
): DedupTransform {
  const of = `dedup on source ${quote(wire.source_id)}`;
  const key = (wire.config.key ?? "").trim();
  const window = Duration.parse(wire.config.time_window ?? "0");
  const path = readKey(key, source, of, `${at}.config.key`, problems);
  if (window.isZero()) problems.add(`${at}.config.time_window`, `${of}: time_window must be greater than 0`);
  else if (window.nanoseconds > LONGEST_WINDOW.nanoseconds) {
    problems.add(`${at}.config.time_window`, `${of}: time_window must be at most 168h (7 days)`);
  }
  return { type: "dedup", source_id: wire.source_id, key, path, time_window: window, index };
}

function readKey(key: string, source: Source | undefined, of: string, at: string, problems: Problems): KeyPath {
  const literal: KeyPath = { kind: "value", value: { field: key } };
  if (key === "") {
    problems.add(at, `${of}: key is required`);
    return literal;
  }
  if (source === undefined) return literal;
  const fields = fieldsOf(source);
  if (!isOtlp(source)) {
    if (!fields.some((field) => field.name === key)) {
      problems.add(at, `${of}: key ${quote(key)} not found in schema_fields`);
    }
    return literal;
  }
  try {
    const path = parseKeyPath(key);
    const problem = keyPathProblem(path, fields);
    if (problem !== undefined) problems.add(at, `${of}: ${problem}`);
    return path;
  } catch (error) {
    if (!(error instanceof KeyPathError)) throw error;
    problems.add(at, `${of}: ${error.message}`);
    return literal;
  }
}

function readStateless(wire: Wire, index: number, at: string, problems: Problems): StatelessTransform {
  const outputs = wire.config.transforms ?? [];
  const path = `${at}.config.transforms`;
  if (outputs.length === 0) problems.add(path, "stateless transformation needs at least one entry in transforms");
  const seen = new Set<string>();
  const transforms = outputs.map((output, i) => {
    const name = output.output_name;
    const fieldType = normaliseOutputType(output.output_type);
    if (name.trim() !== "" && seen.has(name)) {
      problems.add(`${path}[${i}].output_name`, `stateless transformation: output ${quote(name)} is declared twice`);
    }
    seen.add(name);
    return {
      expression: output.expression,
      output_name: name,
      output_type: output.output_type.trim(),
      field_type: fieldType ?? "string",
    };
  });
  const language = readLanguage(wire, at, problems);
  return { type: "stateless", source_id: wire.source_id, transforms, language, index };
}

/** The fields that leave a stateless transform. */
export function outputFields(stateless: StatelessTransform): readonly FieldDecl[] {
  return stateless.transforms.map(({ output_name, field_type }) => ({ name: output_name, type: field_type }));
}
