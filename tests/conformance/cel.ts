/** CEL, with the values that cel-go gives; `generate/cel/` says how they were made, `cel/suite.ts` what a case is. */
import { judge, parseCases, withDoubles } from "./cel/suite.ts";

const FOLDER = new URL("./cel/", import.meta.url);

export const suite = {
  /**
   * Runs the cases of the suite, and those of further files. JSON does not say whether a whole number is an int or a
   * double: a case of a further file passes if one of the two readings of its environment gives its result.
   */
  run(files: readonly string[]): { passed: number; failures: readonly { name: string; message: string }[] } {
    const failures: { name: string; message: string }[] = [];
    let passed = 0;
    const own = [...Deno.readDirSync(FOLDER)].filter(({ name }) => name.endsWith(".json")).map(({ name }) => name)
      .sort();
    for (const file of [...own.map((name) => new URL(name, FOLDER)), ...files]) {
      for (const each of parseCases(Deno.readTextFileSync(file))) {
        const message = judge(each);
        if (message === null || (typeof file === "string" && judge(withDoubles(each)) === null)) passed++;
        else failures.push({ name: each.expression, message });
      }
    }
    return { passed, failures };
  },
};
