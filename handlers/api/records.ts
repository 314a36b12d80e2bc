/** Looking up and changing the record a request is about, with optimistic concurrency by ETag. */
import { isPipelineId } from "../../pipeline/config/mod.ts";
import {
  type Catalog,
  type ChangeGuard,
  PipelineNotFound,
  type PipelineRecord,
  VersionConflict,
} from "../../runtime/catalog/mod.ts";
import { Problem } from "./problem.ts";

/** Throws `PipelineNotFound`, also for ids that no pipeline can have. */
export async function find(catalog: Catalog, id: string): Promise<PipelineRecord> {
  if (!isPipelineId(id)) throw new PipelineNotFound(id.slice(0, 100));
  return await catalog.get(id);
}

export const etag = (record: PipelineRecord): Record<string, string> => ({ etag: `"${record.version}"` });

/** The version a client insists on by `If-Match`, if it does. */
export function wanted(request: Request): ChangeGuard {
  const header = request.headers.get("if-match")?.trim();
  if (!header || header === "*") return {};
  const match = /^"(\d+)"$/.exec(header);
  if (!match) throw new Problem(400, "bad_request", "If-Match must be one ETag as returned by GET");
  return { version: Number(match[1]) };
}

const ATTEMPTS = 10;

/**
 * Applies `change` to the newest record, guarded by its version, so that what is taken back on failure is exactly
 * what was there before. Retries lost races unless the client named a version itself.
 */
export async function changing<T>(
  catalog: Catalog,
  id: string,
  request: Request,
  change: (before: PipelineRecord, guard: Required<ChangeGuard>) => Promise<T>,
): Promise<T> {
  const { version } = wanted(request);
  for (let attempt = 1;; attempt++) {
    const before = await find(catalog, id);
    if (version !== undefined && version !== before.version) throw new VersionConflict(id, version, before.version);
    try {
      return await change(before, { version: before.version });
    } catch (error) {
      if (!(error instanceof VersionConflict) || version !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}
