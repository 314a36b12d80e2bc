// CEL text to a checked expression, as the one generator takes it.
import type { CheckedExpression } from "../expr/checked.ts";
import { ExpressionError } from "../expr/errors.ts";
import { Checker } from "./checker.ts";
import { parseCel } from "./parser.ts";
import { Fields } from "./scope.ts";
import { call, type Term } from "./term.ts";
import { type CelField, type CelKind, staticType, typeText } from "./types.ts";

/**
 * Parses and checks a CEL expression. `fields` as in compileExpression of expr: `null` means that every name is a field of
 * unknown type. Unless it is a filter, the result is given as expr's values (rt.cel.output).
 *
 * @throws ExpressionError (a CelSyntaxError if the text is no CEL) with the position of what is wrong
 * @example compileCel('severity_number >= 9u && attributes["env"] == "prod"', fields, "filter")
 */
export function compileCel(
  text: string,
  fields: readonly CelField[] | null,
  mode: CheckedExpression["mode"],
): CheckedExpression {
  const { term, read } = checkCel(text, fields);
  const { kind } = term.type;
  if (mode === "filter" && kind !== "bool" && kind !== "dyn") {
    throw new ExpressionError(`a filter must give a bool, but this gives ${typeText(term.type)}`, term.node.position);
  }
  const tree = mode === "filter" || PLAIN.has(kind) ? term.node : output(term);
  return {
    tree,
    type: tree.type,
    fields: read,
    readsEnvironment: false,
    identityOf: identity(term),
    mode,
  };
}

/** The expression as it is, its result in the language's own values. */
export function checkCel(
  text: string,
  fields: readonly CelField[] | null,
): { term: Term; read: ReadonlySet<string> } {
  if (text.trim() === "") throw new ExpressionError("the expression is empty", 0);
  const checker = new Checker(new Fields(fields));
  const term = checker.check(parseCel(text), []);
  return { term, read: checker.read };
}

/** Kinds whose values are the same in expr. */
const PLAIN: ReadonlySet<CelKind> = new Set(["null", "bool", "int", "double", "string"]);

function output({ node, type }: Term) {
  const shape = { ...staticType(type), nullable: true };
  return call(
    node.position,
    type.kind === "list" || type.kind === "map" ? shape : { kind: "any", nullable: true },
    "output",
    [
      node,
    ],
  );
}

function identity({ node, number }: Term): string | undefined {
  if (number?.node.kind === "field") return number.node.name;
  return node.kind === "field" ? node.name : undefined;
}
