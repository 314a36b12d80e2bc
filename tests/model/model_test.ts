// The protocol's rules hold, and each of them is needed. See README.md for what the model covers.

import { strict as assert } from "node:assert";
import { broken, holds } from "./configurations.ts";
import { compose } from "./compose.ts";
import { explore } from "./engine.ts";

const ms = 120_000;

for (const configuration of holds) {
  Deno.test(`the rules hold: ${configuration.name}`, () => {
    const result = explore(compose(configuration), { ms });
    assert.equal(result.violation, null, JSON.stringify(result.violation, null, 2));
    assert.ok(result.complete, `only ${result.states} states were explored`);
  });
}

for (const { rule, configuration, finds } of broken) {
  Deno.test(`the rule is needed: ${rule}`, () => {
    const { violation, states } = explore(compose(configuration), { ms });
    assert.ok(violation, `no violation in ${states} states`);
    assert.match(violation.what, finds);
  });
}
