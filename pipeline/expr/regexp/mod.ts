// Regular expressions with RE2 syntax, matched in time linear in the text whatever the pattern.
// Only "does it match anywhere" is answered, which is all the language needs.
import { read, visit } from "../budget.ts";
import { EvaluationError } from "../errors.ts";
import { createMatcher, type Matcher } from "./matcher.ts";
import { parsePattern, PatternError } from "./parse.ts";

export { PatternError };

const MAX_CACHED = 256;
const STEPS = 40;
const cache = new Map<string, Matcher>();

/** @throws PatternError */
export function compilePattern(pattern: string): Matcher {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const matcher = createMatcher(parsePattern(pattern));
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(pattern, matcher);
  return matcher;
}

/** @throws EvaluationError when the pattern, computed from the row, is invalid */
export function matchPattern(pattern: string, text: string): boolean {
  // a pattern is prepared once and then kept; matching looks at every character
  const prepared = cache.has(pattern);
  if (!prepared) visit(STEPS * (1 + pattern.length));
  read(text, 8);
  try {
    const matcher = compilePattern(pattern);
    if (!prepared) visit(STEPS * matcher.size);
    return matcher(text);
  } catch (error) {
    if (error instanceof PatternError) throw new EvaluationError(error.message, { cause: error });
    throw error;
  }
}
