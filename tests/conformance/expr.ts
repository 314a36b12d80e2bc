/** expr-lang, with the values that expr-lang 1.17.7 itself gives; `generate/` says how they were made. */
import { judge, readCelCases } from "./cel/suite.ts";
import { envText, failureOf, readCases } from "./expr/suite.ts";
import { dataFiles, type Failure, lazily, type Suite } from "./suite.ts";

export const suite: Suite = {
  /** Further files may hold cases of either language. */
  run(files) {
    const failures: Failure[] = [];
    let passed = 0;
    const count = (name: string, message: string | null) => {
      if (message === null) passed++;
      else failures.push({ name, message });
    };
    for (const file of [...dataFiles("expr"), ...files]) {
      const inCel = lazily(() => readCelCases(file));
      readCases(file).forEach((each, i) => {
        if (each.language === "cel") count(each.expression, judge(inCel()[i]));
        else count(`${each.expression}  ${envText(each)}`, failureOf(each));
      });
    }
    return { passed, failures };
  },
};
