/** A row that failed, with everything a person needs to mend and resend it. */
import { type Block, rowJson } from "../../native/mod.ts";
import type { DeadRowOutcome } from "../program.ts";

const encoder = new TextEncoder();

export function deadRow(
  reason: string,
  where: string,
  error: unknown,
  block: Block,
  row: number,
  position: number,
): DeadRowOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return { position, reason, error: where + message, original: encoder.encode(rowJson(block, row)) };
}
