/** The OTLP receiver as a sandboxed child, ready when it itself answers. */
import { fileURLToPath } from "node:url";
import { RECEIVER_VARIABLE, type ReceiverSettings } from "../otlp/settings.ts";
import { urlHost } from "../pipeline/config/mod.ts";
import { FAILPOINT_LINE } from "../runtime/failpoint.ts";
import { hostAndPort } from "../runtime/local/permissions.ts";
import { answersAs } from "../runtime/services/instance.ts";
import { type Child, spawnChild } from "../runtime/services/process.ts";
import { reachable } from "../tools/otel.mjs";

export interface ReceiverStart {
  readonly settings: Omit<ReceiverSettings, "instance">;
  /** Environment besides its settings. */
  readonly env: Readonly<Record<string, string>>;
  readonly onFailpoint?: (name: string) => void;
}

export async function startReceiver({ settings, env, onFailpoint }: ReceiverStart): Promise<Child> {
  const net = [
    `${urlHost(settings.hostname)}:${settings.port}`,
    ...settings.nats.servers.split(",").map(hostAndPort),
    hostAndPort(settings.apiUrl),
  ];
  const instance = crypto.randomUUID();
  const child = spawnChild({
    name: "otlp-receiver",
    command: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--quiet",
      `--allow-net=${net.join(",")}`,
      `--allow-env=${RECEIVER_VARIABLE},NODE_V8_COVERAGE`,
      "--allow-sys=hostname",
      fileURLToPath(new URL("../otlp/main.ts", import.meta.url)),
    ],
    env: {
      ...env,
      [RECEIVER_VARIABLE]: JSON.stringify({ ...settings, instance } satisfies ReceiverSettings),
      NO_COLOR: "1",
      HOME: Deno.env.get("HOME") ?? "/",
      ...(Deno.env.get("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
    },
    clearEnv: true,
    onLine: (line, stream) => {
      if (stream === "stdout" && line.startsWith(FAILPOINT_LINE)) {
        child.signal("SIGKILL");
        onFailpoint?.(line.slice(FAILPOINT_LINE.length).trim());
      } else if (line) {
        Deno.stderr.writeSync(encoder.encode(line + "\n"));
      }
    },
  });
  try {
    await child.ready(() => answersAs(instance, `http://${reachable(settings.hostname)}:${settings.port}/readyz`));
  } catch (error) {
    await child.kill();
    throw error;
  }
  return child;
}

const encoder = new TextEncoder();
