/** A row that failed, with everything a person needs to mend and resend it. */
import { type Block, jsonValue, type StringColumn } from "../../native/mod.ts";
import type { DeadRowOutcome } from "../program.ts";

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
  const members = block.columns.flatMap(({ name, type, column }, i) => {
    const form = forms[i];
    if (form === "omitEmpty" && column.kind === "strings" && column.starts[row] === column.ends[row]) return [];
    const value = form === "json" && column.kind === "strings" ? oneLine(column, row) : jsonValue(column, type, row);
    return [`${JSON.stringify(name)}:${value}`];
  });
  return `{${members.join(",")}}`;
}

/** Line breaks in JSON text are white space between tokens. */
function oneLine(column: StringColumn, row: number): string {
  return column.text(row).replace(/[\r\n]/g, " ");
}
