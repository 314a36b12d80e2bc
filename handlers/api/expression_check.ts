/** Checks a configuration's expressions against the fields they read. Filters are tried on an event of zero values too. */
import type { ExpressionError } from "../../pipeline/expr/mod.ts";
import type { CheckExpressions, ConfigIssue } from "../../pipeline/config/mod.ts";
import {
  checkFilters,
  checkStateless,
  filterFailure,
  type OnRefused,
  sourceFieldsOf,
} from "../../pipeline/compile/mod.ts";

/** What is wrong with an expression, and where in it. */
export function placed({ message, position }: ExpressionError): string {
  return `${message} (at character ${position + 1})`;
}

/** A client waits for the trials; further filters are only compiled. */
const MOST_TRIED = 200;

export const checkExpressions: CheckExpressions = (config) => {
  const issues: ConfigIssue[] = [];
  let tried = 0;
  const refused: OnRefused = ({ index }, error, output) => {
    const path = `body.transforms[${index}].config`;
    issues.push({
      path: output === undefined ? `${path}.expression` : `${path}.transforms[${output}].expression`,
      message: placed(error),
    });
  };
  for (const source of config.sources) {
    const fields = sourceFieldsOf(source);
    const own = <T extends { readonly source_id: string }>(all: readonly T[]) =>
      all.filter((each) => each.source_id === source.source_id);
    for (const { transform, expression } of checkFilters(own(config.filters), fields, refused)) {
      const message = ++tried > MOST_TRIED ? null : filterFailure(expression, fields);
      if (message !== null) issues.push({ path: `body.transforms[${transform.index}].config.expression`, message });
    }
    checkStateless(own(config.stateless), fields, refused);
  }
  return issues;
};
