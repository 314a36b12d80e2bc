// The dead letter stream: one subject per identity (stage, origin, position), one message per subject, a second one refused.
// A user may consume an entry; the identity outlives that, or a late publish would put the same letter there again.

import type { Add, Configuration, World } from "./world.ts";

/** The publish reaches the stream. A refused one means: it is there already, which is as good as an acknowledgement. */
export function landLetter(w: World, identity: string, id: number): void {
  if (identity in w.dlq.entries) return;
  w.dlq.entries[identity] = "waiting";
  w.dlq.seen[id]++;
}

export function dlqSteps(c: Configuration, w: World, add: Add): void {
  w.dlq.late.forEach((late, i) => {
    add("optional", `late publish of dead letter ${late.identity} lands`, (t) => {
      t.dlq.late.splice(i, 1);
      landLetter(t, late.identity, late.id);
    });
  });
  if (w.left.consumptions === 0) return;
  for (const identity of Object.keys(w.dlq.entries)) {
    if (w.dlq.entries[identity] !== "waiting") continue;
    add("optional", `a user consumes dead letter ${identity}`, (t) => {
      t.left.consumptions--;
      if (c.rules.identityOutlives) t.dlq.entries[identity] = "consumed";
      else delete t.dlq.entries[identity];
    });
  }
}
