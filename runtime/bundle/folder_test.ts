import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BundleFolder } from "./folder.ts";

const stageEntry = fileURLToPath(new URL("../../handlers/sink/stage.ts", import.meta.url));
const program = (table: string) => `export const program = { table: ${JSON.stringify(table)} };`;

async function withFolder(run: (folder: BundleFolder, files: () => string[]) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await run(
      new BundleFolder(path, (message) => assert.fail(message)),
      () => Array.from(Deno.readDirSync(path), ({ name }) => `${path}/${name}`).sort(),
    );
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("a bundle stays until its last holder lets it go; other files stay", () =>
  withFolder(async (folder, files) => {
    const [a, b] = [{}, {}];
    const shared = await folder.make(a, { stageEntry, program: program("x") });
    assert.deepEqual(await folder.make(b, { stageEntry, program: program("x") }), shared);
    const own = await folder.make(a, { stageEntry, program: program("y") });
    await Deno.writeTextFile(`${folder.path}/notes.txt`, "a person's");
    folder.release(a);
    await folder.tidy();
    assert.deepEqual(files(), [`${folder.path}/notes.txt`, shared.path].sort());
    assert.notEqual(own.path, shared.path);
    folder.release(b);
    await folder.tidy();
    assert.deepEqual(files(), [`${folder.path}/notes.txt`]);
  }));

Deno.test("what an earlier process left behind goes, what is being made meanwhile does not", () =>
  withFolder(async (folder, files) => {
    const digest = "0".repeat(32);
    for (const name of [`sink-${digest}.js`, `transform-${digest}.js`, `sink-${digest}.js.cut-short`]) {
      await Deno.writeTextFile(`${folder.path}/${name}`, "");
    }
    const making = Array.from({ length: 4 }, (_, i) => {
      const made = folder.make({}, { stageEntry, program: program(`t${i}`) });
      void folder.tidy();
      return made;
    });
    const made = await Promise.all(making);
    await folder.tidy();
    assert.deepEqual(files(), made.map(({ path }) => path).sort());
  }));

Deno.test("a folder that does not exist yet needs no tidying", async () => {
  await new BundleFolder("/nonexistent/bundles", (message) => assert.fail(message)).tidy();
});
