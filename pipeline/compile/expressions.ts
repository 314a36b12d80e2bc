/**
 * A configuration's filters and stateless transforms as checked trees. Filters and the first stateless transform read the
 * source's fields; each further stateless transform reads the outputs of the one before it, and nothing else.
 */
import type { FilterTransform, StatelessOutput, StatelessTransform } from "../config/mod.ts";
import { type CheckedExpression, ExpressionError, type FieldDeclaration } from "../expr/mod.ts";
import { compileIn } from "./language.ts";
import { declarationOf, type SourceField } from "./source_layout.ts";

export interface FilterPlan {
  readonly transform: FilterTransform;
  readonly expression: CheckedExpression;
}

export interface StatelessPlan {
  readonly name: string;
  /** As written: it decides the conversion of the expression's result. */
  readonly outputType: string;
  readonly expression: CheckedExpression;
  /** What the expressions of the next transform are told of this output. */
  readonly declaration: FieldDeclaration;
  /** The output is this field of the source, unchanged: columns are filled from it directly, without loss. */
  readonly passes: SourceField | null;
}

/** One stateless transform: outputs computed side by side. */
export interface StatelessStep {
  readonly transform: StatelessTransform;
  readonly outputs: readonly StatelessPlan[];
}

/** Called for every expression that does not compile. `output`: which one of a stateless transform's. */
export type OnRefused = (
  transform: FilterTransform | StatelessTransform,
  error: ExpressionError,
  output?: number,
) => void;

export function checkFilters(
  filters: readonly FilterTransform[],
  fields: readonly SourceField[],
  refused: OnRefused,
): FilterPlan[] {
  const declared = fields.map(declarationOf);
  return filters.flatMap((transform) => {
    const { language, expression: text } = transform;
    const expression = attempt(
      () => compileIn(language, text, declared, "filter"),
      (error) => refused(transform, error),
    );
    return expression === null ? [] : [{ transform, expression }];
  });
}

/** Outputs that were refused are left out; a transform behind them does not know their names. */
export function checkStateless(
  transforms: readonly StatelessTransform[],
  fields: readonly SourceField[],
  refused: OnRefused,
): StatelessStep[] {
  let declared = fields.map(declarationOf);
  let passing = new Map(fields.map((field) => [field.name, field]));
  return transforms.map((transform): StatelessStep => {
    const outputs = transform.transforms.flatMap((output, k): StatelessPlan[] => {
      const expression = attempt(
        () => compileIn(transform.language, output.expression, declared, "stateless"),
        (error) => refused(transform, error, k),
      );
      if (expression === null) return [];
      return [{
        name: output.output_name,
        outputType: output.output_type,
        expression,
        declaration: outputDeclaration(output),
        passes: passed(output, expression, passing),
      }];
    });
    declared = outputs.map(({ declaration }) => declaration);
    passing = new Map(outputs.flatMap(({ name, passes }) => passes === null ? [] : [[name, passes]]));
    return { transform, outputs };
  });
}

function attempt(
  compile: () => CheckedExpression,
  refused: (error: ExpressionError) => void,
): CheckedExpression | null {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    refused(error);
    return null;
  }
}

/** Output types whose conversion never leaves null behind. */
const CONVERTED = new Set(["string", "int", "int64", "float64", "bool"]);

function outputDeclaration({ output_name, output_type, field_type }: StatelessOutput): FieldDeclaration {
  return { name: output_name, type: field_type, nullable: !CONVERTED.has(output_type) };
}

/** Null becomes a declared output's zero value; of texts that is what the column holds for absent ones already. */
function passed(
  { field_type, output_type }: StatelessOutput,
  { identityOf }: CheckedExpression,
  fields: ReadonlyMap<string, SourceField>,
): SourceField | null {
  const field = identityOf === undefined ? undefined : fields.get(identityOf);
  if (!field || field.nullable || field.type !== field_type || field.type === "array") return null;
  if (field.type === "string" && output_type !== "string") return null;
  return { ...field, omitEmpty: false };
}
