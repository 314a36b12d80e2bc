import assert from "node:assert/strict";
import { type InsertData, readStatement, StatementRefused } from "./statement.ts";

function insert(text: string): InsertData & { data: string } {
  const statement = readStatement(text);
  assert.equal(statement.kind, "insert");
  if (statement.kind !== "insert") throw new Error("unreachable");
  return { ...statement, data: text.slice(statement.dataStart) };
}

Deno.test("an INSERT is cut into target, settings, format and data", () => {
  const found = insert("INSERT INTO db.t (`a b`, c) SETTINGS x='FORMAT', y=1 FORMAT Native");
  assert.equal(found.target.trim(), "INSERT INTO db.t (`a b`, c)");
  assert.equal(found.settings.trim(), "SETTINGS x='FORMAT', y=1");
  assert.equal(found.format, "Native");
  assert.equal(found.data, "");
});

Deno.test("data begins after one line end, and may hold anything", () => {
  assert.equal(insert('insert into t format JSONEachRow\n{"a": 1};\n').data, '{"a": 1};\n');
  assert.equal(insert("insert into t format TSV \r\n\n1").data, "\n1");
  assert.equal(insert("INSERT INTO t VALUES (1, 'x; FORMAT'), (2, '')").data, " (1, 'x; FORMAT'), (2, '')");
  assert.equal(insert("INSERT INTO t VALUES (1)").format, "Values");
});

Deno.test("names that look like keywords are names", () => {
  assert.equal(insert("INSERT INTO format FORMAT CSV").target.trim(), "INSERT INTO format");
  assert.equal(insert("INSERT INTO db.values (settings) FORMAT CSV").target.trim(), "INSERT INTO db.values (settings)");
  assert.equal(insert("INSERT INTO TABLE FUNCTION f('FORMAT') FORMAT CSV").format, "CSV");
  assert.equal(insert('INSERT INTO "values" FORMAT CSV').target.trim(), 'INSERT INTO "values"');
  assert.equal(insert("/* FORMAT x */ INSERT -- FORMAT y\n INTO t FORMAT CSV").format, "CSV");
});

Deno.test("INSERT … SELECT is a plain statement", () => {
  for (const text of ["INSERT INTO t SELECT 1", "INSERT INTO t (a) WITH 1 AS x SELECT x", "INSERT INTO t (SELECT 1)"]) {
    const statement = readStatement(text);
    assert.equal(statement.kind, "plain");
    assert.equal(statement.kind === "plain" && statement.readOnly, false);
  }
});

Deno.test("the format of a SELECT is the outermost clause", () => {
  const format = (text: string) => {
    const statement = readStatement(text);
    return statement.kind === "plain" ? statement.format : "not plain";
  };
  assert.equal(format("SELECT 'FORMAT JSON'"), undefined);
  assert.equal(format("SELECT 1 -- FORMAT JSON"), undefined);
  assert.equal(format("SELECT $x$ FORMAT CSV $x$ FORMAT JSON;"), "JSON");
  assert.equal(format("SELECT 'a\\' FORMAT CSV', 'b'' FORMAT CSV' /* */ format TSV"), "TSV");
});

Deno.test("files of the server are refused, and a second statement too", () => {
  for (
    const [text, code] of [
      ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 48],
      ["SELECT 1 INTO OUTFILE '/tmp/x'", 48],
      ["SYSTEM SHUTDOWN", 48],
      ["SELECT 1; SELECT 2", 62],
      ["", 62],
      [" ; -- nothing", 62],
    ] as const
  ) {
    assert.throws(() => readStatement(text), (error) => error instanceof StatementRefused && error.code === code, text);
  }
  assert.equal(readStatement("SELECT 1; -- end\n;").kind, "plain");
});

Deno.test("KILL QUERY is taken apart", () => {
  assert.deepEqual(readStatement("KILL QUERY WHERE query_id = 'a b' AND (elapsed > 1) SYNC FORMAT JSON"), {
    kind: "kill",
    condition: "query_id = 'a b' AND (elapsed > 1)",
    mode: "sync",
    format: "JSON",
    literals: ["a b"],
  });
  assert.equal(readStatement("KILL MUTATION WHERE 1").kind, "plain");
});

Deno.test("system.processes is found where it is a table", () => {
  const text = "SELECT 'system.processes' FROM `system`.processes AS p, system.processes JOIN system.one";
  const statement = readStatement(text);
  assert.equal(statement.kind, "plain");
  const found = statement.kind === "plain" ? statement.processes.map(({ start, end }) => text.slice(start, end)) : [];
  assert.deepEqual(found, ["`system`.processes", "system.processes"]);
});
