import assert from "node:assert/strict";
import {
  canTransition,
  checkAction,
  checkEditable,
  checkTransition,
  type LifecycleAction,
  type PipelineStatus,
  StatusError,
  STATUSES,
} from "./status.ts";

const ACTIONS: Record<PipelineStatus, Record<LifecycleAction | "edit", string>> = {
  Created: { stop: "INVALID", terminate: "ok", resume: "INVALID", edit: "NOT_STOPPED" },
  Running: { stop: "ok", terminate: "ok", resume: "INVALID", edit: "NOT_STOPPED" },
  Resuming: { stop: "IN_TRANSITION", terminate: "ok", resume: "ALREADY", edit: "NOT_STOPPED" },
  Stopping: { stop: "ALREADY", terminate: "ok", resume: "IN_TRANSITION", edit: "NOT_STOPPED" },
  Stopped: { stop: "INVALID", terminate: "INVALID", resume: "ok", edit: "ok" },
  Terminating: { stop: "IN_TRANSITION", terminate: "ALREADY", resume: "IN_TRANSITION", edit: "NOT_STOPPED" },
  Failed: { stop: "INVALID", terminate: "INVALID", resume: "ok", edit: "ok" },
};

const SHORT: Record<string, string> = {
  INVALID_STATUS_TRANSITION: "INVALID",
  PIPELINE_ALREADY_IN_STATE: "ALREADY",
  PIPELINE_IN_TRANSITION: "IN_TRANSITION",
  PIPELINE_NOT_STOPPED_FOR_EDIT: "NOT_STOPPED",
};

function outcome(check: () => void): string {
  try {
    check();
    return "ok";
  } catch (error) {
    assert.ok(error instanceof StatusError);
    return SHORT[error.code] ?? error.code;
  }
}

Deno.test("every status answers every action as documented", () => {
  for (const status of STATUSES) {
    const expected = ACTIONS[status];
    for (const action of ["stop", "terminate", "resume"] as const) {
      assert.equal(outcome(() => checkAction(status, action)), expected[action], `${action} in ${status}`);
    }
    assert.equal(outcome(() => checkEditable(status)), expected.edit, `edit in ${status}`);
  }
});

Deno.test("messages are the ones clients look for", () => {
  const message = (check: () => void) => {
    try {
      check();
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  };
  assert.equal(
    message(() => checkTransition("Running", "Stopped")),
    "Invalid status transition from Running to Stopped",
  );
  assert.equal(message(() => checkTransition("Running", "Running")), "Pipeline is already in Running state");
  assert.equal(
    message(() => checkTransition("Stopping", "Resuming")),
    "Pipeline is currently transitioning from Stopping state, cannot perform Resuming operation",
  );
  assert.equal(
    message(() => checkEditable("Running")),
    "Pipeline must be stopped before editing, current status: Running",
  );
  assert.equal(message(() => checkTransition("Paused", "Running")), "Unknown pipeline status: Paused");
});

Deno.test("an orchestrator may finish or fail every transition", () => {
  for (const [from, to] of [["Stopping", "Stopped"], ["Terminating", "Stopped"], ["Resuming", "Running"]] as const) {
    assert.ok(canTransition(from, to));
    assert.ok(canTransition(from, "Failed"));
    checkTransition(from, to);
  }
  for (const [from, to] of [["Stopped", "Running"], ["Failed", "Running"], ["Running", "Resuming"]] as const) {
    assert.ok(!canTransition(from, to));
  }
});
