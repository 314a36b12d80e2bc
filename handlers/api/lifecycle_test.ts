import assert from "node:assert/strict";
import { STATUSES } from "../../runtime/catalog/mod.ts";
import { type Bed, otlpConfig, withApi } from "./api_bed.ts";
import { OrchestratorUnsupported } from "./mod.ts";

type Action = "stop" | "terminate" | "resume" | "edit" | "put" | "delete" | "rename" | "metadata";

const INVALID = "400 INVALID_STATUS_TRANSITION";
const ALREADY = "400 PIPELINE_ALREADY_IN_STATE";
const IN_TRANSITION = "400 PIPELINE_IN_TRANSITION";
const NOT_STOPPED = "400 PIPELINE_NOT_STOPPED_FOR_EDIT";
const PUT_REFUSED = "409 PIPELINE_NOT_STOPPED_FOR_EDIT";
const BAD = "400 bad_request";

const running = { edit: NOT_STOPPED, put: PUT_REFUSED, delete: BAD, rename: "200", metadata: "200" };
const atRest = { edit: "200", put: "200", delete: "200", rename: "200", metadata: "200" };
const MATRIX: Record<(typeof STATUSES)[number], Record<Action, string>> = {
  Created: { stop: INVALID, terminate: "200", resume: INVALID, ...running },
  Running: { stop: "200", terminate: "200", resume: INVALID, ...running },
  Resuming: { stop: IN_TRANSITION, terminate: "200", resume: ALREADY, ...running },
  Stopping: { stop: ALREADY, terminate: "200", resume: IN_TRANSITION, ...running },
  Stopped: { stop: INVALID, terminate: INVALID, resume: "200", ...atRest },
  Terminating: { stop: IN_TRANSITION, terminate: ALREADY, resume: IN_TRANSITION, ...running },
  Failed: { stop: INVALID, terminate: INVALID, resume: "200", ...atRest },
};

function ask(bed: Bed, action: Action, id: string) {
  const path = `/api/v1/pipeline/${id}`;
  switch (action) {
    case "edit":
      return bed.call("POST", `${path}/edit`, otlpConfig(id, { name: "Edited" }));
    case "put":
      return bed.call("PUT", `${path}/resources`, { pipeline_resources: { sink: { replicas: 2 } } });
    case "delete":
      return bed.call("DELETE", path);
    case "rename":
      return bed.call("PATCH", path, { name: "Renamed" });
    case "metadata":
      return bed.call("PATCH", `${path}/metadata`, { metadata: { tags: null } });
    default:
      return bed.call("POST", `${path}/${action}`);
  }
}

const AFTER: Partial<Record<Action, string>> = {
  stop: "Stopping",
  terminate: "Terminating",
  resume: "Resuming",
  edit: "Resuming",
  put: "Resuming",
};

Deno.test("every action in every status answers as documented", async () => {
  await withApi(async (bed) => {
    for (const status of STATUSES) {
      for (const action of Object.keys(MATRIX[status]) as Action[]) {
        const what = `${action} in ${status}`;
        const id = await bed.pipeline(status);
        const answer = await ask(bed, action, id);
        const expected = MATRIX[status][action];
        if (expected === "200") {
          assert.equal(answer.status, 200, `${what}: ${answer.text}`);
          if (action !== "put") assert.equal(answer.text, "{}\n", what);
          const called = action === "put" ? "edit" : action;
          const effects = action === "rename" || action === "metadata" ? [] : [`${called} ${id}`];
          assert.deepEqual(bed.orchestrator.calls, effects, what);
          if (action === "delete") await assert.rejects(bed.catalog.get(id));
          else assert.equal((await bed.catalog.get(id)).status, AFTER[action] ?? status, what);
        } else {
          const body = answer.json();
          assert.equal(`${answer.status} ${body.code}`, expected, what);
          assert.equal(body.status, answer.status);
          const details = body.details as Record<string, unknown>;
          assert.equal(details.pipeline_id, id);
          assert.equal(details.current_status, status);
          if (["stop", "terminate"].includes(action)) assert.ok("valid_transitions" in details, what);
          assert.deepEqual(bed.orchestrator.calls, [], what);
          assert.equal((await bed.catalog.get(id)).status, status, what);
        }
      }
    }
  });
});

Deno.test("refusals carry the texts clients look for", async () => {
  await withApi(async (bed) => {
    const stopped = await bed.pipeline("Stopped");
    assert.deepEqual((await ask(bed, "stop", stopped)).json(), {
      status: 400,
      code: "INVALID_STATUS_TRANSITION",
      message: "Invalid status transition from Stopped to Stopping",
      details: {
        pipeline_id: stopped,
        current_status: "Stopped",
        requested_status: "Stopping",
        error: "Invalid status transition from Stopped to Stopping",
        valid_transitions: ["Resuming", "Failed"],
      },
    });
    const running = await bed.pipeline("Running");
    const edit = (await ask(bed, "edit", running)).json();
    assert.equal(edit.message, "Pipeline must be stopped before editing, current status: Running");
    assert.equal((edit.details as Record<string, unknown>).requested_status, "");
    const del = (await ask(bed, "delete", running)).json();
    assert.equal(del.message, "pipeline can only be deleted if it's stopped or terminated, current status: Running");
    assert.deepEqual(del.details, { pipeline_id: running, current_status: "Running", cure: "stop it first" });
  });
});

Deno.test("a pipeline that is still starting is told to be terminated by whatever needs it at rest", async () => {
  await withApi(async (bed) => {
    for (const status of ["Created", "Resuming"] as const) {
      const id = await bed.pipeline(status);
      const asked = status === "Created"
        ? ["stop", "edit", "put", "delete"] as const
        : ["edit", "put", "delete"] as const;
      for (const action of asked) {
        const { details } = (await ask(bed, action, id)).json();
        assert.match(String((details as { cure: string }).cure), /terminate it/, `${action} of ${status}`);
      }
      assert.equal((await ask(bed, "terminate", id)).status, 200);
      const waits = (await ask(bed, "edit", id)).json();
      assert.equal((waits.details as { cure: string }).cure, "wait until it is Stopped");
      await bed.catalog.transition(id, ["Terminating"], "Stopped");
      assert.equal((await ask(bed, "edit", id)).status, 200);
    }
  });
});

Deno.test("unknown pipelines and impossible ids are 404 on every action", async () => {
  await withApi(async (bed) => {
    for (const id of ["not-there", "No_Such", "a%00b", "x"]) {
      for (const action of ["stop", "terminate", "resume", "put", "delete", "rename", "metadata"] as const) {
        const answer = await ask(bed, action, id);
        assert.equal(answer.status, 404, `${action} ${id}: ${answer.text}`);
        assert.equal(answer.json().code, "not_found");
      }
    }
    const edit = await ask(bed, "edit", "not-there");
    assert.equal(edit.status, 404);
    assert.deepEqual(edit.json().details, {
      pipeline_id: "not-there",
      error: 'pipeline with id "not-there" does not exist',
    });
    assert.deepEqual(bed.orchestrator.calls, []);
  });
});

Deno.test("what the orchestrator cannot start is taken back", async () => {
  await withApi(async (bed) => {
    for (
      const [action, status] of [["stop", "Running"], ["resume", "Failed"], ["edit", "Stopped"], ["put", "Stopped"], [
        "delete",
        "Failed",
      ]] as const
    ) {
      const id = await bed.pipeline(status);
      const before = await bed.catalog.get(id);
      bed.orchestrator.fails = new Error("cannot reach https://user:pw@cluster");
      const answer = await ask(bed, action, id);
      assert.equal(answer.status, 500);
      assert.deepEqual(answer.json(), { status: 500, code: "internal_error", message: "Internal server error" });
      const after = await bed.catalog.get(id);
      assert.deepEqual(
        { ...after, version: 0, updatedAt: "" },
        { ...before, version: 0, updatedAt: "" },
        action,
      );
      const logged = bed.logged.find((line) => line.message === "request failed" && line.fields.pipeline_id === id);
      assert.equal(logged?.fields.request_id, answer.headers.get("x-request-id"));
    }
    const id = await bed.pipeline("Running");
    bed.orchestrator.fails = new OrchestratorUnsupported("stopping is not possible here");
    const answer = await ask(bed, "stop", id);
    assert.equal(answer.status, 501);
    assert.deepEqual(answer.json().details, { pipeline_id: id, error: "stopping is not possible here" });
    assert.ok(!bed.logged.some(({ level, fields }) => level === "error" && fields.status === 501));
  });
});

Deno.test("a deletion that takes time: shown until it is done, repeatable, and nothing else is possible", async () => {
  await withApi(async (bed) => {
    const id = await bed.pipeline("Stopped");
    bed.orchestrator.deletion = "in_progress";
    assert.equal((await ask(bed, "delete", id)).status, 200);
    assert.equal((await bed.call("GET", `/api/v1/pipeline/${id}`)).status, 200);
    assert.equal((await ask(bed, "delete", id)).status, 200);
    for (const action of ["resume", "edit", "put"] as const) {
      const answer = await ask(bed, action, id);
      assert.equal(answer.json().code, "PIPELINE_IN_TRANSITION", action);
    }
    await bed.catalog.delete(id);
    assert.equal((await ask(bed, "delete", id)).status, 404);
  });
});

Deno.test("If-Match lets only one of two editors win", async () => {
  await withApi(async (bed) => {
    const id = await bed.pipeline("Stopped");
    const path = `/api/v1/pipeline/${id}`;
    const etag = (await bed.call("GET", path)).headers.get("etag");
    assert.match(etag ?? "", /^"\d+"$/);
    const rename = (name: string) => bed.call("PATCH", path, { name }, { "if-match": etag! });
    assert.equal((await rename("one")).status, 200);
    const late = await rename("two");
    assert.equal(late.status, 412);
    assert.equal(late.json().code, "precondition_failed");
    const edit = await bed.call("POST", `${path}/edit`, otlpConfig(id), { "if-match": etag! });
    assert.equal(edit.status, 412);
    assert.equal((await bed.catalog.get(id)).name, "one");
  });
});

Deno.test("health shows status, reason and stages; the ledger its six counters", async () => {
  await withApi(async (bed) => {
    const id = await bed.pipeline("Running");
    const health = async () => (await bed.call("GET", `/api/v1/pipeline/${id}/health`)).json();
    const record = await bed.catalog.get(id);
    assert.deepEqual(await health(), {
      pipeline_id: id,
      pipeline_name: `Pipeline ${id}`,
      overall_status: "Running",
      created_at: record.createdAt,
      updated_at: record.updatedAt,
    });
    const none = await bed.call("GET", `/api/v1/pipeline/${id}/ledger`);
    assert.equal(none.status, 503);
    const counters = { accepted: 9, written: 4, filtered: 2, deduplicated: 1, dead_lettered: 1 };
    const stages = [{ stage: "sink" as const, replicas: 1, ready: 0, reason: "starting" }];
    bed.orchestrator.description = {
      stages,
      ledger: counters,
      warnings: ["no window"],
      waiting: { frames: 3, bytes: 9 },
    };
    await bed.catalog.transition(id, ["Running"], "Failed", "the table is gone");
    const failed = await health();
    assert.equal(failed.reason, "the table is gone");
    assert.deepEqual(failed.stages, stages);
    assert.deepEqual(failed.warnings, ["no window"]);
    assert.deepEqual(failed.waiting, { frames: 3, bytes: 9 });
    const ledger = (await bed.call("GET", `/api/v1/pipeline/${id}/ledger`)).json();
    assert.deepEqual(ledger, { pipeline_id: id, ...counters, in_flight: 1 });
    assert.equal((await bed.call("GET", "/api/v1/pipeline/not-there/ledger")).status, 404);
  });
});

Deno.test("a batch in doubt is decided once, with a word that says what happens", async () => {
  await withApi(async (bed) => {
    const id = await bed.pipeline("Running");
    const decide = (body: unknown, of = id) => bed.call("POST", `/api/v1/pipeline/${of}/plan/decide`, body);
    assert.equal((await decide({ decision: "insert" })).status, 409);
    bed.orchestrator.doubts = 1;
    const odd = await decide({ decision: "maybe" });
    assert.equal(odd.status, 422);
    assert.match(odd.json().message as string, /body\.decision/);
    assert.equal((await decide({ decision: "skip" })).text, "{}\n");
    assert.deepEqual(bed.orchestrator.decisions, ["skip"]);
    assert.equal((await decide({ decision: "skip" }, "not-there")).status, 404);
  });
});
