/** Where a text is not JSON, for texts that people write: the finding names a place and what belongs there, no content. */
import { fail, Fault, fault, syntaxText } from "./fault.ts";
import { skipSpace, skipValue } from "./lexer.ts";

export interface TextFault {
  readonly message: string;
  /** Counted from 1; columns in UTF-16 units, as editors do. */
  readonly line: number;
  readonly column: number;
}

/** The first thing that is wrong, or null when `JSON.parse` takes the text (of at most `MAX_DEPTH` levels). */
export function jsonTextFault(text: string): TextFault | null {
  const bytes = new TextEncoder().encode(text);
  if (isJson(bytes)) return null;
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, fault[1])).split("\n");
  return {
    message: syntaxText(fault[0]) ?? "unexpected text",
    line: before.length,
    column: before[before.length - 1].length + 1,
  };
}

function isJson(bytes: Uint8Array): boolean {
  const end = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  const behind = skipValue(bytes, view, skipSpace(bytes, 0, end), end, 0);
  if (behind === 0) return false;
  const rest = skipSpace(bytes, Math.abs(behind), end);
  return rest === end || fail(Fault.TrailingText, rest) !== 0;
}
