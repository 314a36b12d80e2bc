/** The ports of a start, looked at before anything is started: each is free and given once. */
import { portIsFree } from "../runtime/services/ports.ts";
import { sleep } from "../runtime/nats/publish.ts";
import { portUser } from "./port_user.ts";
import type { SystemSettings } from "./settings.ts";

/** A port of a start is taken, or none can be had at its address. */
export class PortInUse extends Error {
  override readonly name = "PortInUse";
}

/** [variable, port, address it listens on] */
function wanted(settings: SystemSettings): [string, number, string][] {
  const loopback = "127.0.0.1";
  return [
    ["GLASSFLOW_API_PORT", settings.apiPorts[0], settings.hostname],
    ["GLASSFLOW_SDK_PORT", settings.apiPorts[1], settings.hostname],
    ["GLASSFLOW_OTLP_PORT", settings.otlpPort, settings.hostname],
    ...(settings.natsUrl ? [] : [["GLASSFLOW_NATS_PORT", settings.natsPort, loopback] as [string, number, string]]),
    ...(settings.clickhouseUrl
      ? []
      : [["GLASSFLOW_CLICKHOUSE_PORT", settings.clickhousePort, loopback] as [string, number, string]]),
  ];
}

/** Servers of a system that has just ended may need `patienceMs` to leave. @throws {PortInUse} */
export async function checkPorts(
  settings: SystemSettings,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const users = new Map<number, string>();
  for (const [variable, port] of wanted(settings)) {
    const other = users.get(port);
    if (other) throw new PortInUse(`${other} and ${variable} are both ${port}: give each a port of its own`);
    users.set(port, variable);
  }
  const until = performance.now() + patienceMs;
  for (const [variable, port, hostname] of wanted(settings)) {
    while (!free(port, hostname)) {
      if (performance.now() > until) {
        const user = await portUser(port);
        throw new PortInUse(
          `port ${port} is in use${user ? ` by ${user}` : ""}: stop what listens there, ` +
            `or set ${variable} to another port`,
        );
      }
      await sleep(100, signal);
    }
  }
}

function free(port: number, hostname: string): boolean {
  try {
    return portIsFree(port, hostname);
  } catch (error) {
    throw new PortInUse(
      `cannot listen on ${hostname}: set GLASSFLOW_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0`,
      { cause: error },
    );
  }
}
