/** What the sinks have written, by origin: the last position that is in the table. It outlives every stage's own state. */
import type { LaneRecord } from "./lane.ts";
import { laneKey } from "./nats/names.ts";
import { CasRecord } from "./nats/record.ts";
import type { WorkerContext } from "./stage.ts";

export async function confirmedPositions(
  { kv, settings }: Pick<WorkerContext, "kv"> & { readonly settings: Pick<WorkerContext["settings"], "lanes"> },
): Promise<Record<string, number>> {
  const confirmed: Record<string, number> = {};
  for (let lane = 0; lane < settings.lanes; lane++) {
    const record = await new CasRecord<LaneRecord>(kv, laneKey(lane)).read();
    for (const [origin, position] of Object.entries(record?.value.marks.positions ?? {})) {
      confirmed[origin] = Math.max(confirmed[origin] ?? position, position);
    }
  }
  return confirmed;
}
