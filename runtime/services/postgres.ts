/**
 * A throw-away PostgreSQL cluster on the loopback address, for tests of the catalog against the real thing.
 *
 * Found by `GLASSFLOW_POSTGRES_BIN` (a folder with `initdb` and `postgres`), PATH, or the places distributions use.
 * PostgreSQL refuses to run as root; then it runs as the user `postgres` or `nobody`. Nothing is synced to disk: the
 * cluster is removed by `stop`.
 */
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./ports.ts";
import { type Child, spawnChild } from "./process.ts";
import { findOnPath, isExecutable, runTool } from "./run_tool.ts";

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

export interface Postgres {
  /** `postgres://user:password@127.0.0.1:port/postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Child["exited"];
  lines(): string[];
  /** Where the cluster lies. */
  readonly folder: string;
  /** Ends it and removes the cluster. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would be; removes the cluster. */
  kill(): Promise<void>;
}

/** No PostgreSQL server programs on this machine, or no user to run them as. */
export class PostgresNotFound extends Error {
  override readonly name = "PostgresNotFound";
}

export async function findPostgres(): Promise<PostgresPrograms> {
  const tried: string[] = [];
  for (const [place, folder] of await folders()) {
    if (folder === undefined) {
      tried.push(`${place}: no initdb there`);
      continue;
    }
    const programs = { initdb: join(folder, "initdb"), postgres: join(folder, "postgres") };
    if (await isExecutable(programs.initdb) && await isExecutable(programs.postgres)) return programs;
    tried.push(`${place}: no initdb and postgres in ${folder}`);
  }
  throw new PostgresNotFound(
    `no PostgreSQL server was found:\n  - ${tried.join("\n  - ")}\n` +
      "Install PostgreSQL's server package, or set GLASSFLOW_POSTGRES_BIN to the folder of initdb and postgres.",
  );
}

async function folders(): Promise<[place: string, folder: string | undefined][]> {
  const named = Deno.env.get("GLASSFLOW_POSTGRES_BIN");
  if (named) return [["GLASSFLOW_POSTGRES_BIN", named]];
  const onPath = await findOnPath("initdb");
  const found: [string, string | undefined][] = [["PATH", onPath?.replace(/\/initdb$/, "")]];
  for (
    const root of ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt/postgresql", "/usr/local/opt/postgresql"]
  ) {
    for (const version of await versionsIn(root)) found.push([root, join(root, version, "bin")]);
  }
  return found;
}

/** Newest first. */
async function versionsIn(root: string): Promise<string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(root), (entry) => entry.name);
    return names.sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

export async function startPostgres(options: { readonly onLine?: (line: string) => void } = {}): Promise<Postgres> {
  const programs = await findPostgres();
  const owner = Deno.uid() === 0 ? await unprivilegedUser() : undefined;
  const folder = await Deno.makeTempDir({ prefix: "postgres-" });
  let child: Child | undefined;
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const password = crypto.randomUUID();
    const passwordFile = join(folder, "password");
    await Deno.writeTextFile(passwordFile, password, { mode: 0o600 });
    if (owner !== undefined) {
      await Deno.chown(folder, owner.uid, owner.gid);
      await Deno.chown(passwordFile, owner.uid, owner.gid);
    }
    const identity = { cwd: folder, env: { LC_ALL: "C", HOME: folder }, uid: owner?.uid, gid: owner?.gid };
    const data = join(folder, "data");
    await runTool(programs.initdb, [
      ...["--pgdata", data, "--username", "glassflow", "--pwfile", passwordFile],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"],
    ], identity);
    const port = freePort();
    const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off", port };
    child = spawnChild({
      name: "postgres",
      command: programs.postgres,
      args: ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      ...identity,
      onLine: options.onLine,
      // SIGTERM would wait for clients to leave; SIGINT ends their sessions and stops cleanly.
      stopSignal: "SIGINT",
    });
    const running = child;
    const url = `postgres://glassflow:${password}@127.0.0.1:${port}/postgres`;
    await running.ready(() => answers(url), { intervalMs: 50 });
    return {
      url,
      port,
      pid: running.pid,
      folder,
      exited: running.exited,
      lines: () => running.lines(),
      stop: async () => {
        await running.stop();
        await remove();
      },
      kill: async () => {
        await running.kill();
        await remove();
      },
    };
  } catch (error) {
    await child?.kill();
    await remove();
    throw error;
  }
}

async function answers(connectionString: string): Promise<true> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query("SELECT 1");
    return true;
  } finally {
    await client.end();
  }
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const user = users.find((fields) => fields[0] === name);
    if (user !== undefined) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new PostgresNotFound("PostgreSQL does not run as root, and this machine has no user postgres or nobody");
}
