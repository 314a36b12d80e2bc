/** The documentation names what the code has, and no more: generated parts, metrics, variables, routes, links. */
import assert from "node:assert/strict";
import { DOCS, GENERATED, pages, regenerated } from "./reference.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (page: string) => Deno.readTextFileSync(new URL(page, ROOT));

/** The product's own source, without tests and benches. */
function* sources(folder = ROOT): Iterable<string> {
  const skipped = ["node_modules", "tests", "bench", "docs", ".git", ".glassflow"];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory && !skipped.includes(name)) yield* sources(new URL(`${name}/`, folder));
    else if (/\.(ts|mjs)$/.test(name) && !/_test/.test(name)) yield Deno.readTextFileSync(new URL(name, folder));
  }
}

function found(texts: Iterable<string>, pattern: RegExp): Set<string> {
  return new Set([...texts].flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1])));
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

/** deno fmt pads the cells of tables. */
const unpadded = (text: string) => text.replaceAll(/-{3,}/g, "---").replaceAll(/ +/g, " ").replaceAll(/\n+/g, "\n");

Deno.test("generated parts are what the code says; `deno run -A tests/docs/reference.ts` writes them", () => {
  const used = new Set<string>();
  for (const page of pages()) {
    const text = Deno.readTextFileSync(page);
    for (const [, name] of text.matchAll(/<!-- generated: ([\w-]+) -->/g)) used.add(name);
    assert.equal(unpadded(text), unpadded(regenerated(text)), page.pathname);
  }
  assert.deepEqual(sorted(used), sorted(Object.keys(GENERATED)));
});

Deno.test("docs/metrics.md has every metric and no other", () => {
  const inCode = found(sources(), /"(gfm_\w+[a-z])"/g);
  const inPage = found([read("docs/metrics.md")], /`(gfm_\w+)`/g);
  assert.deepEqual(sorted(inPage), sorted(inCode));
});

Deno.test("README.md has every environment variable and no other", () => {
  /** How processes of the system talk to each other, and what only tests read. */
  const internal = [
    "GLASSFLOW_WORKER",
    "GLASSFLOW_RECEIVER",
    "GLASSFLOW_EMBEDDED_CLICKHOUSE_PASSWORD",
    "GLASSFLOW_POSTGRES_BIN",
  ];
  const inCode = found(sources(), /\b(GLASSFLOW_[A-Z_]+[A-Z])\b/g);
  const inPage = found([read("README.md")], /^\| `(GLASSFLOW_\w+)`/gm);
  assert.deepEqual(sorted(inPage), sorted([...inCode].filter((name) => !internal.includes(name))));
});

Deno.test("docs/api.md has every route and no other", () => {
  const inPage = found([read("docs/api.md")], /^\| `((?:GET|POST|PUT|PATCH|DELETE|ANY) [^`?]+)/gm);
  assert.deepEqual(sorted(inPage), sorted(routesInCode()));
});

/** Method and template as the route modules write them. */
function routesInCode(): string[] {
  const routes: string[] = [];
  for (const { name } of Deno.readDirSync(new URL("handlers/api/", ROOT))) {
    if (!name.endsWith(".ts") || name.includes("_test")) continue;
    const text = read(`handlers/api/${name}`);
    for (const [, method, path] of text.matchAll(/method: "([A-Z]+)",\s+path: (?:at\()?"([^"]+)"/g)) {
      routes.push(`${method} ${path.startsWith("/") ? path : `/api/v1/pipeline/{id}/dlq/${path}`}`);
    }
    for (const [, method, path] of text.matchAll(/later\("([A-Z]+)", "([^"]+)"/g)) routes.push(`${method} ${path}`);
    for (const [, action] of text.matchAll(/^ {4}action\("(\w+)"\)/gm)) {
      routes.push(`POST /api/v1/pipeline/{id}/${action}`);
    }
  }
  return routes;
}

Deno.test("links between pages lead to files and headings that exist", () => {
  const anchors = (page: URL) =>
    new Set([...Deno.readTextFileSync(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchorOf(title)));
  for (const page of [new URL("README.md", ROOT), ...pages(), ...decisions()]) {
    for (const [, target] of Deno.readTextFileSync(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path, anchor] = target.split("#");
      const file = path === "" ? page : new URL(path, page);
      assert.ok(exists(file), `${page.pathname} links to ${target}`);
      if (anchor) assert.ok(anchors(file).has(anchor), `${page.pathname} links to ${target}`);
    }
  }
});

function* decisions(): Iterable<URL> {
  const folder = new URL("decisions/", DOCS);
  for (const { name } of Deno.readDirSync(folder)) yield new URL(name, folder);
}

/** As GitHub makes them. */
const anchorOf = (title: string) =>
  title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-");

function exists(file: URL): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
