/**
 * The parts of the documentation that are made from the code: a page holds `<!-- generated: NAME -->` … `<!-- /generated -->`
 * and the text between is what `GENERATED[NAME]` gives.
 *
 *     deno run -A tests/docs/reference.ts     writes them; a test compares
 */
import { z } from "zod";
import { OTLP_FIELDS, pipelineSchema } from "../../pipeline/config/mod.ts";
import { EXPRESSION_PARTS } from "./expressions.ts";
import { FAILPOINTS } from "../../runtime/failpoint.ts";
import { typeMatrix } from "./type_matrix.ts";

export const DOCS = new URL("../../docs/", import.meta.url);

export const GENERATED: Readonly<Record<string, () => string>> = {
  pipeline: () => fieldTable([], ["sources", "transforms", "join", "sink", "resources"]),
  sources: () => fieldTable(["sources"], [], ["type", "source_id"]),
  "kafka-source": () => fieldTable(["sources"], ["type", "source_id"]),
  transforms: () => fieldTable(["transforms"], []),
  sink: () => fieldTable(["sink"], []),
  resources: () => fieldTable(["resources"], []),
  "otlp-logs": () =>
    table(["Field", "Type"], OTLP_FIELDS["otlp.logs"].map(({ name, type }) => [code(name), code(type)])),
  types: typeMatrix,
  ...EXPRESSION_PARTS,
  failpoints: () =>
    table(["Failpoint", "Where the process is stopped"], Object.entries(FAILPOINTS).map(([n, at]) => [code(n), at])),
};

/** A page with its generated parts as the code has them now. */
export function regenerated(page: string): string {
  return page.replaceAll(
    /(<!-- generated: ([\w-]+) -->\n).*?(<!-- \/generated -->)/gs,
    (_, start, name, end) => {
      const make = GENERATED[name];
      if (!make) throw new RangeError(`nothing generates ${name}`);
      return `${start}\n${make()}\n${end}`;
    },
  );
}

/** A JSON Schema as far as it matters here. */
interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

const SCHEMA = z.toJSONSchema(pipelineSchema, { io: "input", unrepresentable: "any" }) as Schema;

/** Every property below a path, one line each, but those in `without`; `only` names the first level's that are wanted. */
function fieldTable(path: readonly string[], without: readonly string[], only?: readonly string[]): string {
  let at = SCHEMA;
  for (const name of path) at = resolved(at).properties![name];
  const rows: string[][] = [];
  const walk = (schema: Schema, prefix: string) => {
    const { properties = {}, required = [] } = resolved(schema);
    for (const [name, property] of Object.entries(properties)) {
      if (prefix === "" && (without.includes(name) || (only && !only.includes(name)))) continue;
      const full = prefix + name + (isList(property) ? "[]" : "");
      rows.push([
        code(full),
        typeOf(property),
        required.includes(name) ? "yes" : defaultOf(property),
        meaning(property),
      ]);
      walk(property, `${full}.`);
    }
  };
  walk(at, "");
  return table(["Field", "Type", "Required", "Meaning"], rows);
}

/** What a schema is when it is not null; of a list, its elements. */
function resolved(schema: Schema): Schema {
  const present = schema.anyOf?.find((each) => each.type !== "null") ?? schema;
  return present.items ? resolved(present.items) : present;
}

function isList(schema: Schema): boolean {
  return (schema.anyOf ?? [schema]).some((each) => each.items !== undefined);
}

function typeOf(schema: Schema): string {
  if (isList(schema)) return "list";
  const { type } = resolved(schema);
  return typeof type === "string" ? type : type?.find((each) => each !== "null") ?? "any";
}

function defaultOf(schema: Schema): string {
  if (schema.default === undefined || schema.default === "") return "no";
  return `no, ${code(String(schema.default))}`;
}

function meaning({ description = "", examples = [] }: Schema): string {
  const shown = examples.map((each) => code(String(each))).join(", ");
  return shown ? `${description} E.g. ${shown}.` : description;
}

const code = (text: string) => "`" + text.replaceAll("|", "\\|") + "`";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

export function* pages(): Iterable<URL> {
  for (const entry of Deno.readDirSync(DOCS)) if (entry.name.endsWith(".md")) yield new URL(entry.name, DOCS);
}

if (import.meta.main) {
  for (const page of pages()) {
    const text = Deno.readTextFileSync(page);
    Deno.writeTextFileSync(page, regenerated(text));
  }
}
