/** Dead letters have to fit into messages: what is too long is shortened, and says so. */

/** Bytes of an original, in all its letters. */
export const MAX_ORIGINAL_BYTES = 256 << 10;
/** UTF-16 units of an error. */
export const MAX_ERROR_LENGTH = 4 << 10;

const encoder = new TextEncoder();

/**
 * The original, or, when it is too long, a JSON document with its length and its beginning:
 * `{"truncated":true,"bytes":9000000,"beginning":"…"}`.
 */
export function shortenOriginal(original: Uint8Array): Uint8Array {
  if (original.length <= MAX_ORIGINAL_BYTES) return original;
  for (let keep = MAX_ORIGINAL_BYTES / 2;; keep >>= 1) {
    // A character that is cut in two is left out.
    const beginning = new TextDecoder().decode(original.subarray(0, keep), { stream: true });
    const document = encoder.encode(JSON.stringify({ truncated: true, bytes: original.length, beginning }));
    if (document.length <= MAX_ORIGINAL_BYTES) return document;
  }
}

/** The text, or its beginning with how much is missing. */
export function shortenError(text: string): string {
  if (text.length <= MAX_ERROR_LENGTH) return text;
  const mark = `… (${text.length} characters, the rest is cut off)`;
  return text.slice(0, MAX_ERROR_LENGTH - mark.length).replace(/[\uD800-\uDBFF]$/, "") + mark;
}
