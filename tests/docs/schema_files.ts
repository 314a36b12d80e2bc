/**
 * The files of docs/reference, made whole from the configuration's schema and the list of operations.
 *
 *     deno run -A tests/docs/schema_files.ts     writes them; a test compares
 */
import { openApiDocument } from "../../handlers/api/openapi/document.ts";
import { type JsonSchema, jsonSchemaOf, pipelineJsonSchema, pipelineSchema } from "../../pipeline/config/mod.ts";

export const REFERENCE = new URL("../../docs/reference/", import.meta.url);

export const FILES: Readonly<Record<string, () => string>> = {
  "pipeline.schema.json": () => JSON.stringify(pipelineJsonSchema(), null, 2) + "\n",
  "openapi.json": () => JSON.stringify(openApiDocument(), null, 2) + "\n",
  "configuration.md": configurationPage,
};

const INTRODUCTION = `# Configuration reference

Every property of a pipeline's configuration, version 3. What the parts do is told in
[configuration.md](../configuration.md).

- **JSON or YAML.** \`POST /api/v1/pipeline\`, \`…/validate\`, \`…/migrate-preview\` and \`…/{id}/edit\` take
  \`application/json\` and \`application/yaml\` (also \`application/x-yaml\`, \`text/yaml\`). YAML is version 1.2, one
  document, without tags, merge keys and repeated keys; errors tell line and column. A number or \`true\` where a text
  belongs needs quotes: \`port: "9000"\`.
- **In an editor.** [pipeline.schema.json](pipeline.schema.json) completes and checks while you write; in YAML begin the
  file with \`# yaml-language-server: $schema=pipeline.schema.json\`. What depends on several properties at once is
  checked by the API only.
- **Names** match in any case. A property that is not listed is refused; \`null\` is as good as absent where a property
  is not required.
- **Durations** are whole days and Go's units: \`500ms\`, \`90s\`, \`1h30m\`, \`7d\`.
- **Errors** have an entry in \`errors\` for every finding: \`location\`, \`message\`, \`cure\`, and in YAML \`line\` and
  \`column\`. No value of the configuration is repeated, save names of sources, fields, columns and types.
- **Version 2** is taken by the same routes and converted. A filter is kept as it is written; it names the records that
  are kept, where version 2 dropped them, so turn it round. Resources of the join worker have no place in version 3.
`;

function configurationPage(): string {
  const root = jsonSchemaOf(pipelineSchema);
  const sections = Object.entries(root.properties ?? {}).filter(([, schema]) => inner(schema).properties);
  const plain = Object.fromEntries(
    Object.entries(root.properties ?? {}).filter(([name]) => !sections.some(([section]) => section === name)),
  );
  return [
    INTRODUCTION,
    `## The whole\n\n${table({ ...root, properties: { ...plain } })}`,
    ...sections.map(([name, schema]) =>
      `## ${name}\n\n${schema.description ?? ""} ${root.required?.includes(name) ? "Required." : "Optional."}\n\n${
        table(inner(schema))
      }`
    ),
  ].join("\n");
}

function table(schema: JsonSchema): string {
  const rows = ["| Property | Type | Required | Meaning |", "| --- | --- | --- | --- |"];
  const walk = ({ properties = {}, required = [] }: JsonSchema, prefix: string) => {
    for (const [name, property] of Object.entries(properties)) {
      if (property.deprecated) continue;
      const full = `${prefix}${name}${isList(property) ? "[]" : ""}`;
      const fallback = property.default === undefined || property.default === "" ? "no" : `no, \`${property.default}\``;
      rows.push(
        `| \`${full}\` | ${typeOf(property)} | ${required.includes(name) ? "yes" : fallback} | ${meaning(property)} |`,
      );
      walk(inner(property), `${full}.`);
    }
  };
  walk(schema, "");
  return rows.join("\n") + "\n";
}

/** What a schema is when it is not null. */
function present(schema: JsonSchema): JsonSchema {
  return schema.anyOf?.find((each) => each.type !== "null" && each.type !== undefined) ?? schema;
}

/** Of a list, its elements. */
function inner(schema: JsonSchema): JsonSchema {
  const { items, ...rest } = present(schema);
  return items ? inner(items) : rest;
}

function isList(schema: JsonSchema): boolean {
  return present(schema).items !== undefined;
}

function typeOf(schema: JsonSchema): string {
  if (isList(schema)) return "list";
  const { type } = present(schema);
  const names = (Array.isArray(type) ? type : [type]).filter((each) => each !== "null" && each !== undefined);
  return names.join(" or ") || "any";
}

function meaning(schema: JsonSchema): string {
  const words = choices(inner(schema));
  const examples = (schema.examples ?? []) as readonly unknown[];
  return [
    schema.description ?? "",
    words.length > 1 ? `One of ${words.map((word) => `\`${word}\``).join(", ")}.` : "",
    examples.length > 0 ? `E.g. ${examples.map((each) => `\`${each}\``).join(", ")}.` : "",
    schema.format === "password" ? "Secret." : "",
  ].filter((part) => part !== "").join(" ").replaceAll("|", "\\|");
}

function choices(schema: JsonSchema): readonly string[] {
  const direct = schema.enum as readonly string[] | undefined;
  return direct ?? schema.anyOf?.flatMap((each) => choices(each)) ?? [];
}

if (import.meta.main) {
  Deno.mkdirSync(REFERENCE, { recursive: true });
  for (const [name, make] of Object.entries(FILES)) Deno.writeTextFileSync(new URL(name, REFERENCE), make());
}
