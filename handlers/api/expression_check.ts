/** Checks a configuration's expressions against the schema of the source they read; nothing is run. */
import { type CheckExpressions, type ConfigIssue, sourceFields } from "../../pipeline/config/mod.ts";
import { compileExpression, ExpressionError } from "../../pipeline/expr/mod.ts";

export const checkExpressions: CheckExpressions = (config) => {
  const issues: ConfigIssue[] = [];
  const check = (text: string, sourceId: string, mode: "filter" | "stateless", path: string) => {
    try {
      compileExpression(text, sourceFields(config, sourceId), mode);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      issues.push({ path, message: `${error.message} (at character ${error.position + 1})` });
    }
  };
  const { filter, stateless } = config;
  if (filter) {
    check(filter.expression, filter.source_id, "filter", `body.transforms[${filter.index}].config.expression`);
  }
  stateless?.transforms.forEach((output, i) => {
    const path = `body.transforms[${stateless.index}].config.transforms[${i}].expression`;
    check(output.expression, stateless.source_id, "stateless", path);
  });
  return issues;
};
