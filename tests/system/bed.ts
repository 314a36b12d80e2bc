/**
 * A whole system for one test: own ports, own data directory, real processes. Ends it afterwards and fails when it left a
 * process behind.
 */
import assert from "node:assert/strict";

import { isolatedSettings, settingsFromEnvironment, type SystemSettings } from "../../cli/settings.ts";
import { startSystem, type System, type SystemHooks } from "../../cli/system.ts";
import { descendants, stillRunning } from "./processes.ts";

export interface Bed {
  readonly settings: SystemSettings;
  /** The running system; another one after `restart`. */
  readonly system: System;
  /** Stops the system in order and starts it on the same data and ports. `between` runs while it is down. */
  restart(between?: () => Promise<void>): Promise<void>;
}

export async function withSystem(
  hooks: SystemHooks,
  use: (bed: Bed) => Promise<void>,
  more: Partial<SystemSettings> = {},
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "glassflow-test-" });
  const environment = settingsFromEnvironment(() => undefined);
  const settings = {
    ...isolatedSettings(environment, dataDir),
    logLevel: Deno.env.get("GLASSFLOW_LOG_LEVEL") ?? "error",
    ...more,
  };
  const before = await descendants(Deno.pid);
  const own = async () => (await descendants(Deno.pid)).difference(before);
  let system = await startSystem(settings, hooks);
  const stop = async () => {
    const processes = await own();
    await system.stop();
    assert.deepEqual(await stillRunning(processes), [], "no process outlives its system");
  };
  try {
    await use({
      settings,
      get system() {
        return system;
      },
      async restart(between) {
        await stop();
        await between?.();
        system = await startSystem(settings, hooks);
      },
    });
  } finally {
    await stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}
