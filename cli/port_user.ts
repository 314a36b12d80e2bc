/** Who listens on a port, for messages. Best effort: other users' processes and some systems do not tell. */
import { runTool, ToolFailed } from "../runtime/services/run_tool.ts";

/** `nats-server (process 123)`; null when it cannot be known. */
export async function portUser(port: number): Promise<string | null> {
  return Deno.build.os === "linux" ? await fromProc(port) : await fromLsof(port);
}

const LISTENING = "0A";

async function fromProc(port: number): Promise<string | null> {
  const sockets = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await readable(() => Deno.readTextFile(table)) ?? "").split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTENING && parseInt(local.split(":")[1], 16) === port) sockets.add(`socket:[${inode}]`);
    }
  }
  if (sockets.size === 0) return null;
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(pid) && await holdsOne(`/proc/${pid}/fd`, sockets)) {
      const command = await readable(() => Deno.readTextFile(`/proc/${pid}/comm`));
      return `${command?.trim() || "a program"} (process ${pid})`;
    }
  }
  return null;
}

async function holdsOne(folder: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const entries = await readable(() => Array.fromAsync(Deno.readDir(folder))) ?? [];
  for (const { name } of entries) {
    if (sockets.has(await readable(() => Deno.readLink(`${folder}/${name}`)) ?? "")) return true;
  }
  return false;
}

/** Null for what went away meanwhile or belongs to somebody else. */
async function readable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch {
    return null;
  }
}

async function fromLsof(port: number): Promise<string | null> {
  try {
    const { stdout } = await runTool("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]);
    const [pid, command] = [/^p(\d+)$/m.exec(stdout)?.[1], /^c(.+)$/m.exec(stdout)?.[1]];
    return pid && command ? `${command} (process ${pid})` : null;
  } catch (error) {
    if (error instanceof ToolFailed) return null;
    throw error;
  }
}
