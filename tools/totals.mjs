/** Counting tests from what `deno test` prints. */

/** `deno test` ends with `ok | 3 passed (2 steps) | 0 failed | 1 ignored (12ms)`. */
export function readTotals(output, code) {
  // deno-fmt-ignore
  const plain = output.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
  const lines = [...plain.matchAll(/^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed.*$/gm)];
  const last = lines.at(-1);
  const totals = {
    passed: Number(last?.[1] ?? 0),
    failed: Number(last?.[2] ?? 0),
    ignored: Number(/\| (\d+) ignored/.exec(last?.[0] ?? "")?.[1] ?? 0),
  };
  // A file that cannot be loaded, or a crash, fails without being counted.
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

export function addTotals(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, ignored: a.ignored + b.ignored };
}

export function totalLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}
