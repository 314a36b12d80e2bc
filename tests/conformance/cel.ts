/** CEL, with the values that cel-go gives; `generate/cel/` says how they were made, `cel/suite.ts` what a case is. */
import { judge, readCelCases, withDoubles } from "./cel/suite.ts";
import { failureOf, readCases } from "./expr/suite.ts";
import { dataFiles, type Failure, lazily, type Suite } from "./suite.ts";

export const suite: Suite = {
  /**
   * Further files may hold cases of either language. JSON does not say whether a whole number is an int or a double: a
   * case of a further file passes if one of the two readings of its environment gives its result.
   */
  run(files) {
    const failures: Failure[] = [];
    let passed = 0;
    const count = (name: string, message: string | null) => {
      if (message === null) passed++;
      else failures.push({ name, message });
    };
    for (const file of dataFiles("cel")) {
      for (const each of readCelCases(file)) count(each.expression, judge(each));
    }
    for (const file of files) {
      const inExpr = lazily(() => readCases(file));
      readCelCases(file).forEach((each, i) => {
        const message = each.language === "expr" ? failureOf(inExpr()[i]) : judge(each);
        const either = message !== null && each.language !== "expr" && judge(withDoubles(each)) === null;
        count(each.expression, either ? null : message);
      });
    }
    return { passed, failures };
  },
};
