/**
 * `?schema=<source>:<version>` on GET pipeline. A pipeline keeps one schema version per source, so the selection can
 * only name what is there; anything else is a 400 as documented.
 */
import type { PipelineConfig } from "../../pipeline/config/mod.ts";
import { Problem } from "./problem.ts";

export function selectSchema(config: PipelineConfig, entries: readonly string[]): void {
  if (entries.length === 0 || entries[0].trim() === "") return;
  const refuse = (message: string, details: Record<string, unknown>) => {
    throw new Problem(400, "bad_request", message, { pipeline_id: config.pipeline_id, ...details });
  };
  const selection = new Map<string, string>();
  for (const entry of entries) {
    const colon = entry.indexOf(":");
    const source = entry.slice(0, Math.max(0, colon)).trim();
    const version = entry.slice(colon + 1).trim();
    if (colon < 0 || source === "" || version === "" || (selection.get(source) ?? version) !== version) {
      refuse("schema must be <source_id>:<version_id>, one version per source", { schema: entries });
    }
    selection.set(source, version);
  }
  for (const [id, version] of selection) {
    const source = config.sources.find((each) => each.source_id === id);
    const known = source?.type === "kafka" ? source.schema_version || "1" : "1";
    if (source === undefined || version !== known) {
      const message = "no such source or schema version";
      refuse(message, { schema: Object.fromEntries(selection), error: message });
    }
  }
}
