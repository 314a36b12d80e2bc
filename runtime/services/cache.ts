/**
 * The cache folder for programs we fetch or build: outside the source tree, shared by all checkouts of a user.
 * `GLASSFLOW_CACHE`, else `$XDG_CACHE_HOME/glassflow`, else `~/.cache/glassflow`.
 */
import { join } from "node:path";

export function cacheFolder(): string {
  const own = Deno.env.get("GLASSFLOW_CACHE");
  if (own) return own;
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  if (xdg) return join(xdg, "glassflow");
  const home = Deno.env.get("HOME");
  if (home) return join(home, ".cache", "glassflow");
  throw new NoCacheFolder("no cache folder: set GLASSFLOW_CACHE to a folder that can be written");
}

export class NoCacheFolder extends Error {
  override readonly name = "NoCacheFolder";
}

/**
 * Makes `<cache>/<name>` with `build` unless it exists, and returns its path. Many processes may ask at once: one
 * builds, the others wait for it. `build` writes its result to the path it is given, which is renamed into place only
 * when it succeeded, so the cache never holds half a file. The lock goes away with the process that holds it.
 */
export async function cached(name: string, build: (path: string, folder: string) => Promise<void>): Promise<string> {
  const folder = cacheFolder();
  const wanted = join(folder, name);
  if (await exists(wanted)) return wanted;
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(join(folder, `${name}.lock`), { write: true, create: true });
  await lock.lock(true);
  try {
    if (await exists(wanted)) return wanted;
    const work = await Deno.makeTempDir({ dir: folder, prefix: "build-" });
    try {
      const made = join(work, "result");
      await build(made, work);
      await Deno.rename(made, wanted);
    } finally {
      await removeTree(work);
    }
    return wanted;
  } finally {
    await lock.unlock();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Some build tools leave read-only folders behind; those have to be made writable before they can be removed. */
async function removeTree(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await new Deno.Command("chmod", { args: ["-R", "u+w", folder] }).output();
    await Deno.remove(folder, { recursive: true });
  }
}
