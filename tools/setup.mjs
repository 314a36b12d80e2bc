/** Sees to it that node_modules holds what package-lock.json says, and finds the Deno program in it. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";

/** Something about this machine has to be changed first; the message says what. */
export class SetupError extends Error {}

/** The npm that came with older ones leaves out the packages of Linux. */
const OLDEST_NODE = [20, 3];
/** Packages that want a newer Node run on Deno: npm may warn of them, but not refuse. */
const NPM_OPTIONS = ["--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"];
const STAMP = "node_modules/.glassflow-installed";

/** Installs the dependencies unless those that are there are the right ones. */
export async function prepare(root) {
  requireNode(process.versions.node);
  const lock = readFileSync(join(root, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex");
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === hash) return;
  if (!isInstalled(root, JSON.parse(lock))) {
    refuseLinkedModules(root);
    await install(root);
  }
  writeFileSync(stamp, `${hash}\n`);
}

/** Throws unless Node is recent enough. */
export function requireNode(version) {
  const [major, minor] = version.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  const oldest = OLDEST_NODE.join(".");
  throw new SetupError(`Node ${version} is too old: install Node ${oldest} or newer (https://nodejs.org)`);
}

/**
 * True when npm's own record of node_modules has every package of the lock file in its version. Packages for other
 * platforms are optional and may be missing.
 */
export function isInstalled(root, lock) {
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const there = JSON.parse(readFileSync(record, "utf8")).packages ?? {};
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = there[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && existsSync(join(root, path));
  });
}

/** `npm ci` empties node_modules first: through a symbolic link it would empty somebody else's. */
export function refuseLinkedModules(root) {
  const folder = join(root, "node_modules");
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const target = existsSync(folder) ? realpathSync(folder) : "nothing";
  throw new SetupError(
    `node_modules is a symbolic link to ${target}, which does not hold what package-lock.json asks for, and installing ` +
      "would empty that folder: remove the link and run this again, or run `npm ci --ignore-scripts` where it leads",
  );
}

async function install(root) {
  console.error("installing dependencies (npm ci)…");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  let code;
  try {
    ({ code } = await run(npm, ["ci", ...NPM_OPTIONS], { cwd: root }));
  } catch (error) {
    throw new SetupError(`npm cannot be started (${error.message}): install npm 9.6.7 or newer, it comes with Node`);
  }
  if (code !== 0) throw new SetupError(`npm ci failed with code ${code}: see its messages above`);
}

/** The Deno program that came with the dependencies for this platform. */
export function denoProgram(root) {
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  const folder = join(root, "node_modules/@deno");
  const wanted = `${process.platform}-${process.arch}`;
  const glibc = process.report?.getReport().header.glibcVersionRuntime !== undefined;
  const rank = (platform) => platform.endsWith("-musl") === glibc ? 1 : 0;
  const platforms = (existsSync(folder) ? readdirSync(folder) : []).filter((platform) => platform.startsWith(wanted));
  for (const platform of platforms.sort((a, b) => rank(a) - rank(b))) {
    const path = join(folder, platform, name);
    if (existsSync(path)) return path;
  }
  throw new SetupError(
    `the dependencies hold no Deno for ${process.platform}-${process.arch}: remove node_modules and run this again with ` +
      "npm 9.6.7 or newer; if that does not help, this platform is not supported",
  );
}
