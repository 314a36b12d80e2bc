/** Compares what is in the table, the dead-letter queue and the ledger with what must be there. */
import { createHash } from "node:crypto";
import { createClient } from "@clickhouse/client";
import type { ClickHouseAccount } from "../client.ts";
import type { CheckEvent, Expectation } from "./events.ts";

export interface Found {
  readonly rows: readonly TableRow[];
  readonly dead: readonly string[];
  readonly ledger: Readonly<Record<string, number>>;
}

/** As JSONCompactEachRow gives it. */
export type TableRow = readonly [string, string, string, string, string, string, string | null, Record<string, string>];

export interface Verdict {
  readonly ok: boolean;
  readonly accepted: number;
  readonly written: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly dead_lettered: number;
  readonly missing: number;
  readonly unexpected: number;
  /** What disagrees, for a person. */
  readonly problems: readonly string[];
}

export async function readTable(target: ClickHouseAccount, table: string): Promise<TableRow[]> {
  const client = createClient({ url: target.url, username: target.user, password: target.password });
  try {
    const result = await client.query({
      query: `SELECT event_id, toString(at), severity, service, toString(amount), body, note, attributes
        FROM ${table} ORDER BY event_id`,
      format: "JSONCompactEachRow",
    });
    return await result.json<TableRow>();
  } finally {
    await client.close();
  }
}

/** The row that an event must become. */
export function rowOf(event: CheckEvent): TableRow {
  const nanos = BigInt(event.timeUnixNano);
  const at = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replace("T", " ") +
    "." + String(nanos % 1_000_000_000n).padStart(9, "0");
  return [
    event.id,
    at,
    event.severityText,
    event.service,
    event.amount,
    event.body,
    event.note,
    { amount: event.amount, event_id: event.id, note: event.note },
  ];
}

/** One hash over all rows, whatever their order. */
export function rowHash(rows: Iterable<TableRow>): string {
  const lines = [...rows].map((row) =>
    JSON.stringify(
      row,
      (_, value) =>
        value && typeof value === "object" && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort())
          : value,
    )
  ).sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

export function judge(expected: Expectation, found: Found): Verdict {
  const problems: string[] = [];
  const writtenIds = found.rows.map((row) => row[0]);
  const written = difference(expected.written.keys(), writtenIds, "table", problems);
  const dead = difference(expected.dead, found.dead, "dead-letter queue", problems);
  const wanted = rowHash([...expected.written.values()].map(rowOf));
  const got = rowHash(found.rows);
  if (wanted !== got && written.missing + written.unexpected === 0) problems.push("rows differ from the events sent");
  const ledger = {
    accepted: expected.accepted,
    written: expected.written.size,
    filtered: expected.filtered,
    deduplicated: expected.deduplicated,
    dead_lettered: expected.dead.size,
  };
  for (const [name, value] of Object.entries(ledger)) {
    if (found.ledger[name] !== value) problems.push(`ledger: ${name} is ${found.ledger[name]}, must be ${value}`);
  }
  return {
    ok: problems.length === 0 && wanted === got,
    accepted: found.ledger.accepted ?? 0,
    written: found.rows.length,
    filtered: found.ledger.filtered ?? 0,
    deduplicated: found.ledger.deduplicated ?? 0,
    dead_lettered: found.dead.length,
    missing: written.missing + dead.missing,
    unexpected: written.unexpected + dead.unexpected,
    problems,
  };
}

/** Ids that lack, and ids that are too many (also the second of two). */
function difference(
  wanted: Iterable<string>,
  found: readonly string[],
  where: string,
  problems: string[],
): { missing: number; unexpected: number } {
  const lacking = new Set(wanted);
  const tooMany: string[] = [];
  for (const id of found) if (!lacking.delete(id)) tooMany.push(id);
  if (lacking.size > 0) {
    problems.push(`${lacking.size} missing in the ${where}: ${[...lacking].slice(0, 5).join(", ")}`);
  }
  if (tooMany.length > 0) {
    problems.push(`${tooMany.length} unexpected in the ${where}: ${tooMany.slice(0, 5).join(", ")}`);
  }
  return { missing: lacking.size, unexpected: tooMany.length };
}
