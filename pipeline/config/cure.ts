/**
 * What belongs at a place of a body, in the words of the schema's own descriptions. Nothing of the body is repeated.
 */
import { z } from "zod";

/** Description, words to choose from, and an example of the property at a path; undefined where none is described. */
export function cureAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | undefined {
  const at = schemaAt(schema, path);
  if (at === undefined) return undefined;
  const { description, examples } = at.meta() ?? {};
  if (typeof description !== "string") return undefined;
  const example = Array.isArray(examples) && examples.length > 0 ? ` For example ${String(examples[0])}` : "";
  return `${description}${example}`;
}

/** For a property that a schema does not know: the name that may have been meant, or those there are. */
export function cureOfName(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
  given: string,
): string | undefined {
  const object = unwrapped(schemaAt(schema, path));
  if (!(object instanceof z.ZodObject)) return undefined;
  const names = Object.keys(object.shape);
  const nearest = names.find((name) => near(name, given.toLowerCase()));
  return nearest === undefined ? `Remove it; known are ${names.join(", ")}` : `Did you mean ${nearest}?`;
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let at: z.core.$ZodType | undefined = schema;
  for (const key of path) {
    const inner = unwrapped(at);
    if (inner instanceof z.ZodObject && Object.hasOwn(inner.shape, key)) at = inner.shape[key as string];
    else if (inner instanceof z.ZodArray && typeof key === "number") at = inner.element;
    else return undefined;
  }
  return at as z.ZodType | undefined;
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap()) : schema;
}

/** Whether two names differ by at most two inserted, missing or changed characters, compared without separators. */
function near(name: string, given: string): boolean {
  const [a, b] = [name.toLowerCase().replaceAll("_", ""), given.replaceAll(/[_-]/g, "")];
  if (Math.abs(a.length - b.length) > 2 || a.length < 3) return a === b;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] <= 2;
}
