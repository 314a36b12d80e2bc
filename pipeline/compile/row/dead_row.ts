/** A row that failed, with everything a person needs to mend and resend it. */
import { type Block, type BlockColumn, jsonValue, type StringColumn } from "../../native/mod.ts";
import type { DeadRowOutcome } from "../program.ts";
import type { SourceField } from "../source_layout.ts";

/** How a column appears in the row's JSON: as its value, as the JSON text it holds, or not at all when it is empty. */
export type RowForm = "value" | "json" | "omitEmpty";

const encoder = new TextEncoder();

/** `where`: the step that failed, as it stands before the error's message. */
export function deadRow(
  reason: string,
  where: string,
  error: unknown,
  block: Block,
  forms: readonly RowForm[],
  row: number,
  position: number,
): DeadRowOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return { position, reason, error: where + message, original: encoder.encode(rowText(block, forms, row)) };
}

/** The event as one line of JSON, with the fields that the pipeline carries. */
export function rowText(block: Block, forms: readonly RowForm[], row: number): string {
  const members = block.columns.flatMap((column, i) => {
    const { column: values } = column;
    const empty = values.kind === "strings" && values.starts[row] === values.ends[row];
    if (forms[i] === "omitEmpty" && empty) return [];
    return [`${JSON.stringify(column.name)}:${fieldText(column, forms[i], row)}`];
  });
  return `{${members.join(",")}}`;
}

/** One field's value as JSON text. */
export function fieldText({ type, column }: BlockColumn, form: RowForm, row: number): string {
  return form === "json" && column.kind === "strings" ? oneLine(column, row) : jsonValue(column, type, row);
}

export function rowForm({ type, columnType, omitEmpty }: SourceField): RowForm {
  if (omitEmpty) return "omitEmpty";
  return columnType === "String" && type !== "string" ? "json" : "value";
}

/** Line breaks in JSON text are white space between tokens. */
function oneLine(column: StringColumn, row: number): string {
  return column.text(row).replace(/[\r\n]/g, " ");
}
