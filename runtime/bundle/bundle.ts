/**
 * Bundles a stage with its compiled program into one file named by its content hash. The same input gives the same bytes
 * on every machine; nothing in it is secret.
 */
import { build, stop } from "esbuild";
import { dirname, join } from "node:path";
import { bundleDigest } from "./load.ts";

export interface BundleRequest {
  /** Absolute path of `handlers/<stage>/stage.ts`. */
  readonly stageEntry: string;
  /** Text of the compiled module, which exports `program`. */
  readonly program: string;
  readonly outDir: string;
}

export interface Bundle {
  readonly path: string;
  readonly digest: string;
}

export async function bundleStage({ stageEntry, program, outDir }: BundleRequest): Promise<Bundle> {
  const root = dirname(dirname(dirname(stageEntry)));
  const result = await build({
    stdin: {
      contents: `import { stage as make } from ${JSON.stringify(stageEntry)};\n` +
        `import { program } from "compiled:program";\nexport const stage = make(program);\n`,
      resolveDir: root,
      sourcefile: "entry.ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "esnext",
    charset: "utf8",
    legalComments: "none",
    absWorkingDir: root,
    external: ["better-sqlite3"],
    logLevel: "silent",
    // CommonJS packages in the bundle ask for node's builtins by `require`.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    plugins: [{
      name: "compiled-program",
      setup(builder) {
        builder.onResolve({ filter: /^compiled:program$/ }, () => ({ path: "program", namespace: "compiled" }));
        builder.onLoad({ filter: /.*/, namespace: "compiled" }, () => ({
          contents: program,
          loader: "ts",
          resolveDir: join(root, "pipeline", "compile"),
        }));
      },
    }],
  });
  const bytes = result.outputFiles[0].contents;
  const digest = bundleDigest(bytes);
  const path = join(outDir, `${stageEntry.split("/").at(-2)}-${digest}.js`);
  await Deno.mkdir(outDir, { recursive: true });
  // Another process may write the same file: both have the same bytes, and a reader sees all of them or none.
  const temporary = `${path}.${crypto.randomUUID()}`;
  await Deno.writeFile(temporary, bytes);
  await Deno.rename(temporary, path);
  return { path, digest };
}

/** Ends the bundler's own process; the next bundle starts it again. */
export async function stopBundler(): Promise<void> {
  await stop();
}
