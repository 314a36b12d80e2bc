import assert from "node:assert/strict";
import { join } from "node:path";
import { cached } from "./cache.ts";

async function withCache(run: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("GLASSFLOW_CACHE");
  const folder = await Deno.makeTempDir();
  Deno.env.set("GLASSFLOW_CACHE", folder);
  try {
    await run();
  } finally {
    if (before === undefined) Deno.env.delete("GLASSFLOW_CACHE");
    else Deno.env.set("GLASSFLOW_CACHE", before);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("many who ask at once share one build", () =>
  withCache(async () => {
    let builds = 0;
    const ask = () =>
      cached("tool", async (path) => {
        builds++;
        await Deno.writeTextFile(path, "tool");
      });
    const paths = await Promise.all([ask(), ask(), ask(), ask()]);
    assert.equal(builds, 1);
    assert.equal(new Set(paths).size, 1);
    assert.equal(await Deno.readTextFile(paths[0]), "tool");
  }));

Deno.test("a build that fails leaves nothing behind and the next one may succeed", () =>
  withCache(async () => {
    const failing = cached("tool", async (path, folder) => {
      await Deno.mkdir(join(folder, "half"));
      await Deno.writeTextFile(path, "half");
      throw new Error("no network");
    });
    await assert.rejects(failing, /no network/);
    const path = await cached("tool", (made) => Deno.writeTextFile(made, "whole"));
    assert.equal(await Deno.readTextFile(path), "whole");
    const left = Array.from(Deno.readDirSync(Deno.env.get("GLASSFLOW_CACHE")!), (entry) => entry.name).sort();
    assert.deepEqual(left, ["tool", "tool.lock"]);
  }));
