/** Every action in every state, contradicting calls at once, ids that come again, and many pipelines on one machine. */
import assert from "node:assert/strict";
import { waitFor } from "../../../cli/client.ts";
import {
  accepted,
  act,
  type Answer,
  api,
  becomes,
  beside,
  createPipeline,
  createTable,
  health,
  type Json,
  PATIENCE_MS,
  pipelineConfig,
  remove,
  settled,
  shows,
  sql,
  test,
  theSystem,
} from "./bed.ts";
import { WayToClickHouse } from "./outage.ts";

type Action = "stop" | "terminate" | "resume" | "edit" | "resources" | "delete" | "rename";

async function ask(id: string, action: Action): Promise<Answer> {
  const at = `/api/v1/pipeline/${id}`;
  switch (action) {
    case "edit":
      return await api("POST", `${at}/edit`, await pipelineConfig({ id }));
    case "resources":
      return await api("PUT", `${at}/resources`, { pipeline_resources: {} });
    case "rename":
      return await api("PATCH", at, { name: "renamed" });
    default:
      return await act(id, action);
  }
}

/** What the refused actions answer in a state. */
const REFUSED: Record<string, Partial<Record<Action, [status: number, code: string]>>> = {
  Created: { stop: [400, "INVALID_STATUS_TRANSITION"], resume: [400, "INVALID_STATUS_TRANSITION"] },
  Running: { resume: [400, "INVALID_STATUS_TRANSITION"] },
  Resuming: { stop: [400, "PIPELINE_IN_TRANSITION"], resume: [400, "PIPELINE_ALREADY_IN_STATE"] },
  Stopping: { stop: [400, "PIPELINE_ALREADY_IN_STATE"], resume: [400, "PIPELINE_IN_TRANSITION"] },
  Stopped: { stop: [400, "INVALID_STATUS_TRANSITION"], terminate: [400, "INVALID_STATUS_TRANSITION"] },
  Failed: { stop: [400, "INVALID_STATUS_TRANSITION"], terminate: [400, "INVALID_STATUS_TRANSITION"] },
};

async function refusesIn(id: string, state: string): Promise<void> {
  await becomes(id, state);
  const expected = { ...REFUSED[state] };
  if (state !== "Stopped" && state !== "Failed") {
    expected.edit = [400, "PIPELINE_NOT_STOPPED_FOR_EDIT"];
    expected.resources = [409, "PIPELINE_NOT_STOPPED_FOR_EDIT"];
    expected.delete = [400, "bad_request"];
  }
  for (const [action, [status, code]] of Object.entries(expected)) {
    const got = await ask(id, action as Action);
    assert.equal(got.status, status, `${action} in ${state}: ${got.text}`);
    assert.equal(got.json().code, code, `${action} in ${state}`);
    assert.equal((got.json().details as Json).current_status, state, `${action} in ${state}`);
  }
  assert.equal((await ask(id, "rename")).status, 200);
  assert.equal((await health(id)).overall_status, state, "a refused action changes nothing");
}

test("lifecycle: every action in every state", () =>
  beside(async () => {
    const id = "all-states";
    const way = new WayToClickHouse();
    await createTable("all_states");
    const config = await pipelineConfig({ id, connection: { http_port: String(way.port) } });
    assert.equal((await api("POST", "/api/v1/pipeline", config)).status, 200);
    await refusesIn(id, "Created");
    await becomes(id, "Created", /; to change the pipeline meanwhile, terminate it, then edit it$/);
    const again = await api("POST", "/api/v1/pipeline", config);
    assert.deepEqual([again.status, again.json().code], [409, "conflict"]);
    assert.equal((await act(id, "terminate")).status, 200);
    await refusesIn(id, "Stopped");
    const dead = (await api("GET", `/api/v1/pipeline/${id}/dlq/state`)).json();
    assert.deepEqual([dead.total_messages, dead.unconsumed_messages], [0, 0]);
    await accepted(id, [{ attributes: { id: "at rest" } }]);
    assert.equal((await health(id) as { waiting: Json }).waiting.frames, 1);
    assert.equal((await act(id, "resume")).status, 200);
    await refusesIn(id, "Resuming");
    way.up();
    await refusesIn(id, "Running");
    await accepted(id, [{ attributes: { id: "before the outage" } }]);
    await shows("SELECT id FROM all_states ORDER BY id", "at rest\nbefore the outage");
    assert.equal((await health(id)).waiting, undefined);
    way.down();
    await accepted(id, [{ attributes: { id: "during the outage" } }]);
    await waitFor(
      () => health(id),
      ({ reason }) => /cannot reach/.test(String(reason)),
      PATIENCE_MS,
      "the sink to wait",
    );
    assert.equal((await act(id, "stop")).status, 200);
    await refusesIn(id, "Stopping");
    const began = performance.now();
    assert.equal((await act(id, "terminate")).status, 200);
    await refusesIn(id, "Stopped");
    assert.ok(performance.now() - began < PATIENCE_MS, "terminate does not wait for a stop that waits");
    await sql("RENAME TABLE all_states TO all_states_away");
    way.up();
    assert.equal((await act(id, "resume")).status, 200);
    await refusesIn(id, "Failed");
    await remove(id);
    way.down();
  }));

test("lifecycle: bundles stay while a pipeline runs them, through an edit too, and go with it", () =>
  beside(async () => {
    const { orchestrator } = await theSystem();
    const bundles = () =>
      Array.from(Deno.readDirSync(`${orchestrator.env.dataDir}/bundles`), ({ name }) => name).sort();
    const become = (wanted: (names: string[]) => boolean, what: string) =>
      waitFor(() => Promise.resolve(bundles()), wanted, PATIENCE_MS, what);
    const before = bundles();
    const id = "bundled";
    await createTable("bundled");
    const filter = (text: string) => [
      { type: "filter", source_id: "logs", config: { expression: `body != "${text}"` } },
    ];
    await createPipeline({ id, transforms: filter("first") });
    const first = bundles().filter((name) => !before.includes(name));
    assert.equal(first.length, 2, first.join());
    assert.equal((await act(id, "stop")).status, 200);
    await becomes(id, "Stopped");
    await become((names) => names.length === before.length, "a stopped pipeline to need no bundles");
    const config = await pipelineConfig({ id, transforms: filter("second") });
    const edited = await api("POST", `/api/v1/pipeline/${id}/edit`, config);
    assert.equal(edited.status, 200, edited.text);
    await becomes(id, "Running");
    const second = bundles().filter((name) => !before.includes(name));
    assert.equal(second.length, 2, second.join());
    assert.notDeepEqual(second, first);
    await accepted(id, [{ attributes: { id: "after the edit" } }]);
    await shows("SELECT id FROM bundled", "after the edit");
    await remove(id);
    await become((names) => names.join() === before.join(), "the bundles to be gone");
  }));

test("lifecycle: ten contradicting calls at once", () =>
  beside(async () => {
    const id = "contradicted";
    await createTable("contradicted");
    await createPipeline({ id });
    let sent = 0;
    const flow = async () => {
      await accepted(id, [{ attributes: { id: `${sent++}` } }]);
      // Terminate drops what is under way, so nothing must be.
      await shows("SELECT count(), uniqExact(id) FROM contradicted", `${sent}\t${sent}`);
    };
    await flow();
    const rounds: ("stop" | "resume" | "terminate" | "delete")[][] = [
      Array(10).fill("stop"),
      Array(10).fill("resume"),
      ["stop", "terminate", "stop", "resume", "terminate", "delete", "stop", "resume", "delete", "terminate"],
      ["resume", "resume", "stop", "terminate", "resume", "stop", "resume", "terminate", "stop", "resume"],
    ];
    for (const actions of rounds) {
      const answers = await Promise.all(actions.map((action) => act(id, action)));
      for (const [i, { status, text }] of answers.entries()) {
        assert.ok([200, 400, 412].includes(status), `${actions[i]}: ${status} ${text}`);
      }
      if (new Set(actions).size === 1) assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      const rest = await waitFor(
        () => health(id),
        ({ overall_status }) => ["Running", "Stopped"].includes(String(overall_status)),
        PATIENCE_MS,
        "the pipeline to come to rest",
      );
      assert.equal(rest.reason, undefined);
    }
    if ((await health(id)).overall_status === "Stopped") {
      assert.equal((await act(id, "resume")).status, 200);
      await becomes(id, "Running");
    }
    await flow();
    await settled(id, sent);
    assert.equal((await act(id, "stop")).status, 200);
    await becomes(id, "Stopped");
    const gone = await Promise.all(Array.from({ length: 10 }, () => act(id, "delete")));
    assert.ok(gone.every(({ status }) => status === 200 || status === 404), gone.map(({ text }) => text).join());
    await waitFor(
      async () => (await api("GET", `/api/v1/pipeline/${id}`)).status,
      (status) => status === 404,
      PATIENCE_MS,
      "the pipeline to be gone",
    );
  }));

test("lifecycle: ten creations of one id at once make one pipeline; an id comes again and again", () =>
  beside(async () => {
    const id = "again-and-again";
    await createTable("again_and_again");
    const config = await pipelineConfig({ id });
    for (let life = 1; life <= 3; life++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => api("POST", "/api/v1/pipeline", config)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(409)]);
      // At once, while it still starts.
      await remove(id);
    }
    assert.equal((await api("POST", "/api/v1/pipeline", config)).status, 200);
    assert.equal((await act(id, "terminate")).status, 200);
    await becomes(id, "Stopped");
    assert.equal((await act(id, "delete")).status, 200);
    assert.equal((await api("POST", "/api/v1/pipeline", config)).status, 200, "the id is free when delete answers");
    await becomes(id, "Running");
    await waitFor(
      async () => (await api("GET", `/api/v1/pipeline/${id}/ledger`)).json().accepted,
      (count) => count === 0,
      PATIENCE_MS,
      "a ledger of its own",
    );
    await remove(id);
  }));

test("lifecycle: a pipeline that NATS has no room for is refused with what to do, and leaves nothing behind", () =>
  beside(async () => {
    const config = await pipelineConfig({ id: "too-large" });
    const refused = await api("POST", "/api/v1/pipeline", {
      ...config,
      resources: { nats: { stream: { maxBytes: "100Ti" } } },
    });
    assert.equal(refused.status, 422, refused.text);
    assert.equal(refused.json().code, "unprocessable_entity");
    assert.match(
      String(refused.json().message),
      /^NATS has no room for the streams of pipeline too-large .*: free disk space.*resources\.nats\.stream\.maxBytes/,
    );
    assert.equal((await health("healthy-neighbour")).overall_status, "Running");
    await createTable("too_large");
    await createPipeline({ id: "too-large" });
    await remove("too-large");
  }));

test("lifecycle: twenty pipelines at once", () =>
  beside(async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `many-${String(i).padStart(2, "0")}`);
    await createTable("many_pipelines");
    const began = performance.now();
    const created = await Promise.all(ids.map(async (id) => {
      const answer = await api("POST", "/api/v1/pipeline", await pipelineConfig({ id, table: "many_pipelines" }));
      return answer.status;
    }));
    const answered = performance.now();
    assert.ok(created.every((status) => status === 200), created.join());
    await Promise.all(ids.map((id) => becomes(id, "Running")));
    const running = performance.now();
    await Promise.all(ids.map((id) => accepted(id, [{ attributes: { id } }])));
    await shows("SELECT count(), uniqExact(id) FROM many_pipelines", "20\t20");
    const seconds = (from: number, to: number) => ((to - from) / 1_000).toFixed(1);
    console.log(
      `20 pipelines: created in ${seconds(began, answered)} s, running after ${seconds(began, running)} s, ` +
        `first rows of all after ${seconds(began, performance.now())} s`,
    );
    await Promise.all(ids.map(remove));
  }));
