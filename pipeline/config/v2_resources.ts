/**
 * `pipeline_resources` and the replicas of topics in a version 2 configuration, as `resources` of version 3: by source
 * instead of by component.
 */
import { present } from "./present.ts";
import type { Converted } from "./v2.ts";
import type { WireV2 } from "./v2_schema.ts";

type Json = Record<string, unknown>;

/** `{ resources }`, or nothing when the configuration says nothing about them. */
export function convertResources(
  wire: WireV2,
  sources: readonly Converted[],
  sides: { left: string; right: string } | undefined,
  transforms: readonly Json[],
): { resources?: Json } {
  const given = wire.pipeline_resources;
  const ingestor = given?.ingestor;
  const readers = sources.flatMap(({ id, topic }): Json[] => {
    if (!topic) return [];
    const side = sides?.left === id ? ingestor?.left : sides?.right === id ? ingestor?.right : undefined;
    const component = side ?? ingestor?.base;
    const entry = present({ ...workers(component), replicas: component?.replicas ?? topic.replicas });
    return Object.keys(entry).length > 0 ? [{ source_id: id, ...entry }] : [];
  });
  const transform = given?.transform && transformOf(given.transform, sources, transforms);
  const resources = {
    ...(given?.nats && { nats: present(given.nats) }),
    ...(readers.length > 0 && { sources: readers }),
    ...(transform && { transform: [transform] }),
    ...(given?.sink && { sink: present(workers(given.sink)) }),
  };
  return Object.keys(resources).length > 0 ? { resources } : {};
}

type Component = NonNullable<NonNullable<WireV2["pipeline_resources"]>["sink"]>;

function workers(component: Component | null | undefined) {
  return { replicas: component?.replicas, requests: component?.requests, limits: component?.limits };
}

/** Belongs to a source: the first that is deduplicated, else the first that is transformed. Storage needs dedup. */
function transformOf(
  component: Component,
  sources: readonly Converted[],
  transforms: readonly Json[],
): Json | undefined {
  const dedup = transforms.find(({ type }) => type === "dedup");
  const source_id = (dedup ?? transforms[0])?.source_id ?? sources[0]?.id;
  if (source_id === undefined) return undefined;
  return { source_id, ...present({ ...workers(component), storage: dedup && component.storage }) };
}
