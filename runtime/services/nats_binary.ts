/**
 * Finds a `nats-server` program, or makes one. In order:
 *
 * 1. `GLASSFLOW_NATS_SERVER_BIN` (when set, nothing else is tried: a wrong path must not be hidden),
 * 2. PATH,
 * 3. the cache folder (a binary an earlier run put there),
 * 4. the project's release archive for this platform, when its checksum is pinned below,
 * 5. `go install` of the pinned version (Go's checksum database verifies the source),
 * 6. the distribution's package, unpacked into the cache folder without installing it.
 *
 * The error names every place that was tried and why it did not serve.
 */
import { join } from "node:path";
import { cached, cacheFolder } from "./cache.ts";
import { findOnPath, isExecutable, runTool } from "./run_tool.ts";

export const NATS_VERSION = "2.15.2";
const OLDEST = [2, 10];

/** Release archives are taken in this version, the latest whose checksums the project publishes with its image files. */
export const ARCHIVE_VERSION = "2.15.0";

/**
 * SHA-256 of the archives of ARCHIVE_VERSION, keyed by `<os>-<arch>` in Go's names. Source: `2.15.x/alpine3.22/Dockerfile`
 * of https://github.com/nats-io/nats-docker. An archive whose checksum is not here is never downloaded.
 */
export const ARCHIVE_SHA256: Readonly<Record<string, string>> = {
  "linux-amd64": "5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92",
  "linux-arm64": "cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112",
};

export interface NatsBinary {
  readonly path: string;
  readonly version: string;
  /** Where it came from, for the log: "PATH", "go install", … */
  readonly origin: string;
}

/** No usable nats-server anywhere. `tried` has one line per place. */
export class NatsServerNotFound extends Error {
  override readonly name = "NatsServerNotFound";
  readonly tried: readonly string[];
  constructor(tried: readonly string[]) {
    super(
      `no nats-server ${OLDEST.join(".")} or newer was found or could be made:\n  - ${tried.join("\n  - ")}\n` +
        "Install nats-server (https://github.com/nats-io/nats-server/releases) or Go, or set " +
        "GLASSFLOW_NATS_SERVER_BIN to a nats-server program, or use a running server with GLASSFLOW_NATS_URL.",
    );
    this.tried = tried;
  }
}

/** Says in one line why a place cannot serve. */
class NotHere extends Error {}

/** Finds or makes the program. `onStep` hears of slow steps (a download, a build); `signal` ends them. */
export async function findNatsServer(
  onStep: (what: string) => void = () => {},
  signal?: AbortSignal,
): Promise<NatsBinary> {
  const named = Deno.env.get("GLASSFLOW_NATS_SERVER_BIN");
  const places: [string, () => Promise<string>][] = named
    ? [["GLASSFLOW_NATS_SERVER_BIN", () => fromEnvironment(named)]]
    : [
      ["PATH", fromPath],
      ["cache folder", fromCache],
      ["release archive", () => fromArchive(onStep, signal)],
      ["go install", () => fromGo(onStep, signal)],
      ["distribution package", () => fromPackage(onStep, signal)],
    ];
  const tried: string[] = [];
  for (const [origin, find] of places) {
    try {
      const path = await find();
      return { path, version: await acceptedVersion(path), origin };
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${origin}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new NatsServerNotFound(tried);
}

/** True for 2.10 and newer. */
export function versionIsRecent(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function acceptedVersion(path: string): Promise<string> {
  const { stdout, stderr } = await runTool(path, ["--version"]);
  const version = /v(\d+\.\d+\.\d+\S*)/.exec(stdout + stderr)?.[1];
  if (version === undefined) throw new NotHere(`${path} does not say its version as nats-server does`);
  if (!versionIsRecent(version)) throw new NotHere(`${path} is version ${version}, older than ${OLDEST.join(".")}`);
  return version;
}

async function fromEnvironment(path: string): Promise<string> {
  if (await isExecutable(path)) return path;
  throw new NotHere(`${path} is not an executable file`);
}

async function fromPath(): Promise<string> {
  const path = await findOnPath("nats-server");
  if (path === undefined) throw new NotHere("no nats-server there");
  return path;
}

function platform(): string {
  const os = Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
  return `${os}-${arch}`;
}

const cacheName = (version: string) => `nats-server-v${version}-${platform()}`;

async function fromCache(): Promise<string> {
  const paths = [NATS_VERSION, ARCHIVE_VERSION].map((version) => join(cacheFolder(), cacheName(version)));
  for (const path of paths) if (await isExecutable(path)) return path;
  throw new NotHere(`no ${paths.join(" and no ")}`);
}

async function fromArchive(onStep: (what: string) => void, signal?: AbortSignal): Promise<string> {
  const sum = ARCHIVE_SHA256[platform()];
  if (sum === undefined) throw new NotHere(`skipped: no checksum is pinned for ${platform()}`);
  const name = cacheName(ARCHIVE_VERSION);
  const url = `https://github.com/nats-io/nats-server/releases/download/v${ARCHIVE_VERSION}/${name}.tar.gz`;
  return await cached(name, async (made, folder) => {
    onStep(`downloading nats-server ${ARCHIVE_VERSION}`);
    const response = await fetch(url, {
      signal: AbortSignal.any([AbortSignal.timeout(300_000), ...(signal ? [signal] : [])]),
    });
    if (!response.ok) throw new NotHere(`${url} answered ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    if (digest !== sum) throw new NotHere(`${url} has checksum ${digest}, expected ${sum}; not used`);
    await Deno.writeFile(join(folder, "archive.tar.gz"), bytes);
    await runTool("tar", ["-xzf", join(folder, "archive.tar.gz"), "-C", folder]);
    await Deno.rename(join(folder, name, "nats-server"), made);
  });
}

async function fromGo(onStep: (what: string) => void, signal?: AbortSignal): Promise<string> {
  const go = await findOnPath("go");
  if (go === undefined) throw new NotHere("no go program on PATH");
  return await cached(cacheName(NATS_VERSION), async (made, folder) => {
    onStep(`building nats-server ${NATS_VERSION} (about a minute, once)`);
    await runTool(go, ["install", "-trimpath", `github.com/nats-io/nats-server/v2@v${NATS_VERSION}`], {
      cwd: folder,
      env: { GOBIN: folder, CGO_ENABLED: "0" },
      signal,
    });
    await Deno.rename(join(folder, "nats-server"), made);
  });
}

async function fromPackage(onStep: (what: string) => void, signal?: AbortSignal): Promise<string> {
  if (await findOnPath("apt-get") === undefined || await findOnPath("dpkg-deb") === undefined) {
    throw new NotHere("this system has no Debian packages");
  }
  const { stdout } = await runTool("apt-cache", ["policy", "nats-server"], { env: { LC_ALL: "C" } });
  const version = /Candidate: (?:\d+:)?(\d+\.\d+\S*)/.exec(stdout)?.[1];
  if (version === undefined) throw new NotHere("the system's package lists have no nats-server");
  if (!versionIsRecent(version)) throw new NotHere(`the package is version ${version}, older than ${OLDEST.join(".")}`);
  return await cached(`nats-server-package-${platform()}`, async (made, folder) => {
    onStep(`fetching the package nats-server ${version}`);
    await runTool("apt-get", ["download", "nats-server"], { cwd: folder, signal });
    const file = Array.from(Deno.readDirSync(folder), (entry) => entry.name).find((name) => name.endsWith(".deb"));
    if (file === undefined) throw new NotHere("apt-get download left no package file");
    await runTool("dpkg-deb", ["-x", join(folder, file), join(folder, "tree")]);
    for (const place of ["usr/bin", "usr/sbin"]) {
      const program = join(folder, "tree", place, "nats-server");
      if (await isExecutable(program)) return await Deno.rename(program, made);
    }
    throw new NotHere("the package holds no nats-server program");
  });
}
