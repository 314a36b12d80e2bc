/**
 * The README's example, run as a reader would paste it: every `sh` block between the example's marks in one shell, against
 * a system on free ports. A block's output must be the `text` block below it, where `…` stands for anything.
 */
import assert from "node:assert/strict";
import { isolatedSettings, settingsFromEnvironment } from "../../cli/settings.ts";
import { startSystem } from "../../cli/system.ts";
import { serviceTest } from "../services/mod.ts";

const README = new URL("../../README.md", import.meta.url);
const LONGEST_MS = 120_000;

interface Block {
  readonly code: string;
  /** What it prints. */
  readonly output: string;
}

/** The `sh` blocks of the example, each with the `text` block that follows it, if one does. */
function exampleOf(markdown: string): Block[] {
  const example = /<!-- example -->(.*)<!-- \/example -->/s.exec(markdown)?.[1] ?? "";
  const fences = [...example.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));
  return fences.flatMap(({ language, text }, i) => {
    if (language !== "sh") return [];
    const next = fences[i + 1];
    return [{ code: text, output: next?.language === "text" ? next.text : "" }];
  });
}

/** The ports and the folder of `npm start` become those of the system under test. */
function moved(code: string, to: { api: number; otlp: number; clickhouse: number; dataDir: string }): string {
  return code
    .replaceAll("127.0.0.1:8081", `127.0.0.1:${to.api}`)
    .replaceAll("127.0.0.1:4318", `127.0.0.1:${to.otlp}`)
    .replaceAll("127.0.0.1:8123", `127.0.0.1:${to.clickhouse}`)
    .replaceAll('"http_port": "8123"', `"http_port": "${to.clickhouse}"`)
    .replaceAll(".glassflow/", `${to.dataDir}/`);
}

const SEPARATOR = "--- the next block ---\n";

async function runInShell(blocks: readonly string[]): Promise<string[]> {
  const script = blocks.join(`printf '%s' '${SEPARATOR}'\n`);
  const child = new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", script],
    signal: AbortSignal.timeout(LONGEST_MS),
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `the example ends with code ${code}:\n${new TextDecoder().decode(stderr)}\n${text}`);
  return text.split(SEPARATOR);
}

/** An expected text as a pattern. */
function patternOf(expected: string): RegExp {
  return new RegExp(`^${expected.split("…").map(RegExp.escape).join(".*")}$`, "s");
}

serviceTest("the README's example does what it says", ["nats"], async () => {
  const example = exampleOf(await Deno.readTextFile(README));
  assert.ok(example.length >= 5, "the example's blocks are found");
  const dataDir = await Deno.makeTempDir({ prefix: "readme-" });
  const settings = { ...isolatedSettings(settingsFromEnvironment(() => undefined), dataDir), logLevel: "error" };
  try {
    const system = await startSystem(settings);
    try {
      const to = {
        api: settings.apiPorts[0],
        otlp: settings.otlpPort,
        clickhouse: settings.clickhousePort,
        dataDir,
      };
      const printed = await runInShell(example.map(({ code }) => moved(code, to)));
      for (const [i, { code, output }] of example.entries()) {
        // A body that does not end its line is shown as if it did.
        assert.match(printed[i].replace(/\n?$/, "\n").replace(/^\n$/, ""), patternOf(output), `the output of\n${code}`);
      }
    } finally {
      await system.stop();
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
