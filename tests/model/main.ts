// Explores configurations: `deno run -A tests/model/main.ts [names] [--ms N]`. Names are those of configurations.ts, or
// `holds`, `deep`, `broken` for a list; none means `holds`. Prints a line each, and the trace of a violation; `part` = nothing found in the time given.

import { broken, deep, holds } from "./configurations.ts";
import { compose } from "./compose.ts";
import { explore } from "./engine.ts";

const flag = Deno.args.indexOf("--ms");
const ms = flag < 0 ? 300_000 : Number(Deno.args[flag + 1]);
const names = Deno.args.filter((_, i) => flag < 0 || (i !== flag && i !== flag + 1));
const lists: Record<string, readonly string[]> = {
  holds: holds.map((c) => c.name),
  deep: deep.map((c) => c.name),
  broken: broken.map((b) => b.configuration.name),
};
const expected = new Map(broken.map((b) => [b.configuration.name, b.finds]));
const all = new Map([...holds, ...deep, ...broken.map((b) => b.configuration)].map((c) => [c.name, c]));

let failed = false;
for (const name of (names.length > 0 ? names : ["holds"]).flatMap((n) => lists[n] ?? [n])) {
  const configuration = all.get(name);
  if (!configuration) throw new Error(`no configuration is named "${name}"; there are: ${[...all.keys()].join(", ")}`);
  const r = explore(compose(configuration), { ms });
  const finds = expected.get(name);
  const good = finds ? r.violation !== null && finds.test(r.violation.what) : r.violation === null;
  failed ||= !good;
  const end = r.complete ? "complete" : r.violation ? "violated" : "out of time";
  console.log(
    `${
      !good ? "FAIL" : r.complete || finds ? "ok  " : "part"
    } ${name}: ${r.states} states, ${r.transitions} steps, depth ${r.depth}, ${end}, ${r.seconds.toFixed(1)} s` +
      (r.violation ? `\n     ${r.violation.what}\n       ${r.violation.trace.join("\n       ")}` : ""),
  );
}
if (failed) Deno.exit(1);
