import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { compilePipeline } from "../../pipeline/compile/mod.ts";
import { parsePipelineConfig } from "../../pipeline/config/mod.ts";
import { otlpBody, sink } from "../../pipeline/config/sample_configs.ts";
import { BlockWriter, readBlock, rowJson, type StringWriter } from "../../pipeline/native/mod.ts";
import { type Frame, ONCE } from "../frame.ts";
import { bundleStage } from "./bundle.ts";
import { BundleMismatch, loadBundle } from "./load.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const entryOf = (stage: string) => `${ROOT}handlers/${stage}/stage.ts`;
/** Stands for everything that must not be in a bundle. */
const MARKER = "marker-secret-7f3a";

function compiled() {
  const connection_params = {
    host: `${MARKER}.example`,
    port: "9000",
    database: "shop",
    username: MARKER,
    password: MARKER,
  };
  return compilePipeline(
    parsePipelineConfig(otlpBody({
      transforms: [{ type: "dedup", source_id: "logs", config: { key: "trace_id", time_window: "1h" } }],
      sink: sink({ connection_params, mapping: [{ name: "body", column_name: "Body", column_type: "String" }] }),
    })),
    null,
  );
}

async function withDirectory(run: (outDir: string) => Promise<void>): Promise<void> {
  const outDir = await Deno.makeTempDir();
  try {
    await run(outDir);
  } finally {
    await Deno.remove(outDir, { recursive: true });
  }
}

Deno.test("a stage and its program become one file named by its hash, the same every time", async () => {
  await withDirectory(async (outDir) => {
    for (const [stage, { source }] of Object.entries(compiled().stages)) {
      const request = { stageEntry: entryOf(stage), program: source, outDir };
      const bundle = await bundleStage(request);
      const bytes = await Deno.readFile(bundle.path);
      const sum = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
      assert.equal(bundle.digest, sum);
      assert.equal(bundle.path, `${outDir}/${stage}-${sum}.js`);
      assert.deepEqual(await bundleStage({ ...request, outDir: `${outDir}/again` }), {
        digest: sum,
        path: `${outDir}/again/${stage}-${sum}.js`,
      });
      const text = new TextDecoder().decode(bytes);
      assert.equal(text.includes(MARKER), false, "no secrets");
      assert.equal(text.includes(ROOT), false, "no absolute paths");
      const imports = [...text.matchAll(/^\s*import\b[^;"]*"([^"]+)"/gm)].map((match) => match[1]);
      assert.deepEqual(imports.filter((name) => !name.startsWith("node:") && name !== "better-sqlite3"), []);
      const files = [...Deno.readDirSync(outDir)].filter((each) => each.isFile).map((each) => each.name);
      assert.ok(files.every((name) => name.endsWith(".js")), "nothing temporary is left");
    }
  });
});

Deno.test("a bundle runs, with the program it was made for", async () => {
  await withDirectory(async (outDir) => {
    const { stages, receiver, plan } = compiled();
    const transform = await bundleStage({ stageEntry: entryOf("transform"), program: stages.transform.source, outDir });
    const stage = await loadBundle(transform.path, transform.digest);
    assert.equal(stage.name, "transform");
    assert.equal(stage.stateful, true);
    const writer = new BlockWriter(receiver.layout);
    receiver.layout.forEach(({ name }, i) => (writer.columns[i] as StringWriter).putText(`${name} 1`));
    const input: Frame = {
      layout: receiver.layoutDigest,
      origin: ONCE,
      prev: -1,
      watermark: 0,
      committed: -1,
      time: 0,
      ...writer.finish(),
      positions: [],
      filtered: [],
      deduplicated: [],
      dead: [],
    };
    const output = stage.invoke!(input);
    assert.equal(output.layout, plan.outputDigest);
    assert.equal(rowJson(readBlock(output.block), 0), '{"Body":"body 1"}');
    const other = await bundleStage({ stageEntry: entryOf("sink"), program: stages.sink.source, outDir });
    assert.equal((await loadBundle(other.path, other.digest)).name, "sink");
  });
});

Deno.test("a bundle that was changed is not loaded", async () => {
  await withDirectory(async (outDir) => {
    const { path, digest } = await bundleStage({
      stageEntry: entryOf("sink"),
      program: compiled().stages.sink.source,
      outDir,
    });
    await Deno.writeTextFile(path, "globalThis.stolen = true;", { append: true });
    await assert.rejects(loadBundle(path, digest), (error: unknown) => {
      assert.ok(error instanceof BundleMismatch);
      return error.message.includes(digest);
    });
    assert.equal("stolen" in globalThis, false);
  });
});
