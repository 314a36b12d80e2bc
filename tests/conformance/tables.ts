/** Tables of the embedded ClickHouse, filled over HTTP as the sink fills them and read back as JSON lines. */
import { type BlockPart, mergeBlocks } from "../../pipeline/native/mod.ts";
import { startEmbeddedClickHouse } from "../../runtime/clickhouse/mod.ts";

export interface Tables {
  /** The server's answer; throws its error. */
  send(query: string, settings?: Readonly<Record<string, string>>, body?: Uint8Array): Promise<string>;
  /** Makes a table with the columns `id UInt32, v TYPE`, inserts the blocks as one, and gives all rows by `id`. */
  roundTrip(type: string, parts: readonly BlockPart[]): Promise<string[]>;
  stop(): Promise<void>;
}

/** Types that the server makes only when told to. */
const ALLOW = {
  allow_suspicious_low_cardinality_types: "1",
  allow_nullable_tuple_in_extracted_subcolumns: "1",
  enable_nullable_tuple_type: "1",
  enable_time_time64_type: "1",
  flatten_nested: "0",
};
const OUTPUT = {
  output_format_json_quote_64bit_integers: "0",
  output_format_json_quote_decimals: "0",
  output_format_json_quote_denormals: "1",
  output_format_json_escape_forward_slashes: "0",
  output_format_json_named_tuples_as_objects: "1",
  session_timezone: "UTC",
};

export async function startTables(): Promise<Tables> {
  const dataDir = await Deno.makeTempDir({ prefix: "types-" });
  const server = await startEmbeddedClickHouse({ dataDir, user: "types", password: "types" });
  let made = 0;

  const send: Tables["send"] = async (query, settings = {}, body) => {
    const url = new URL(server.url);
    for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, value);
    url.searchParams.set("query", query);
    const headers = { "X-ClickHouse-User": "types", "X-ClickHouse-Key": "types" };
    const response = await fetch(url, { method: "POST", headers, body: body && new Uint8Array(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(text.trim());
    return text;
  };

  return {
    send,
    async roundTrip(type, parts) {
      const table = `default.t${made++}`;
      await send(`CREATE TABLE ${table} (id UInt32, v ${type}) ENGINE = MergeTree ORDER BY id`, ALLOW);
      const layout = [{ name: "id", type: "UInt32" }, { name: "v", type }];
      await send(`INSERT INTO ${table} (id, v) FORMAT Native`, {}, mergeBlocks(layout, parts).block);
      const text = await send(`SELECT id, v FROM ${table} ORDER BY id FORMAT JSONEachRow`, OUTPUT);
      return text.split("\n").filter((line) => line !== "");
    },
    async stop() {
      await server.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
