/** The tables of docs/expressions.md, from the catalog that the compiler itself uses. */
import { BUILTIN_GROUPS } from "../../pipeline/expr/catalog_builtins.ts";
import { CUSTOM } from "../../pipeline/expr/catalog_custom.ts";
import { MAX_DEPTH, MAX_NODES } from "../../pipeline/expr/tree.ts";
import { PREDICATE_FUNCTIONS } from "../../pipeline/expr/predicates.ts";
import { METHODS } from "../../pipeline/expr/time/methods.ts";
import type { StaticType } from "../../pipeline/expr/types.ts";

interface Described {
  readonly signature: string;
  readonly help: string;
  readonly result: StaticType;
}

export const EXPRESSION_PARTS: Readonly<Record<string, () => string>> = {
  "expr-builtins": () =>
    Object.entries(BUILTIN_GROUPS).map(([title, specs]) => `### ${title}\n\n${functionTable(specs)}`).join("\n"),
  "expr-predicates": () => functionTable(PREDICATE_FUNCTIONS),
  "expr-custom": () => functionTable(Object.values(CUSTOM)),
  "expr-methods": () =>
    rows(
      ["Of", "Method", "Gives"],
      Object.entries(METHODS).flatMap(([kind, methods]) =>
        Object.entries(methods).map(([name, { params, result }]) => [
          kind,
          code(`${name}(${params.join(", ")})`),
          kindText(result),
        ])
      ),
    ),
  "expr-limits": () => `At most ${MAX_NODES} nodes and ${MAX_DEPTH} levels of nesting.\n`,
};

function functionTable(specs: readonly Described[]): string {
  return rows(
    ["Function", "Gives", "Meaning"],
    specs.map(({ signature, help, result }) => [code(signature), kindText(result), help]),
  );
}

function kindText({ kind, nullable, element }: StaticType): string {
  if (kind === "any") return "any";
  const text = element === undefined ? kind : `${kind} of ${element}`;
  return nullable ? `${text} or nil` : text;
}

const code = (text: string) => "`" + text + "`";

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...body];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
