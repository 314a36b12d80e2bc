/** The rules of pipeline ids: 5-40 characters of `a-z 0-9 -`, a letter first, no hyphen last, no two in a row. */

export const PIPELINE_ID_MIN_LENGTH = 5;
export const PIPELINE_ID_MAX_LENGTH = 40;
/** For JSON Schema: blanks around an id do not count. */
export const PIPELINE_ID_PATTERN = "^\\s*[a-z](?:[a-z0-9]|-(?=[a-z0-9])){4,39}\\s*$";
const PATTERN = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){4,39}$/;

export function isPipelineId(id: string): boolean {
  return PATTERN.test(id);
}

/** The name a pipeline gets when none is given: `shop-orders` becomes `Shop Orders`. */
export function nameFromId(id: string): string {
  return id.split("-").filter((word) => word !== "").map((word) => word[0].toUpperCase() + word.slice(1)).join(" ");
}
