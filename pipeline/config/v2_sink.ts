/** The sink of a version 2 configuration: flat or nested connection, encoded password, mapping from the schema. */
import { present } from "./present.ts";
import type { JoinOutputs } from "./v2_join.ts";
import type { WireV2 } from "./v2_schema.ts";

const CONNECTION = [
  "host",
  "port",
  "http_port",
  "database",
  "username",
  "password",
  "secure",
  "skip_certificate_verification",
] as const;

export function convertSink(wire: WireV2, outputs: JoinOutputs | undefined): Record<string, unknown> {
  const { sink } = wire;
  const flat = { ...sink, password: sink.password && decodePassword(sink.password) };
  const connection = Object.fromEntries(CONNECTION.map((name) => {
    const nested = sink.connection_params?.[name];
    return [name, nested === undefined || nested === null || nested === "" ? flat[name] : nested];
  }));
  const mapping = mappingOf(wire, outputs);
  return {
    type: sink.type || "clickhouse",
    connection_params: present(connection),
    table: sink.table ?? "",
    ...(sink.max_batch_size != null && { max_batch_size: sink.max_batch_size }),
    max_delay_time: sink.max_delay_time ?? "0s",
    ...(mapping.length > 0 && { mapping }),
  };
}

function mappingOf({ sink, schema }: WireV2, outputs: JoinOutputs | undefined): Record<string, string>[] {
  const explicit = sink.mapping ?? [];
  const mapped = explicit.length > 0 ? explicit : (schema?.fields ?? []).filter((field) => field.column_name);
  return mapped.map(({ source_id, name, column_name, column_type }) => ({
    name: outputs ? outputs.outputOf(name, column_name ?? "", source_id) : name,
    column_name: column_name ?? "",
    column_type: column_type ?? "",
  }));
}

/** Version 2 wrote passwords in base64, but not always: what decodes to no readable text is meant as it stands. */
export function decodePassword(password: string): string {
  try {
    const bytes = Uint8Array.from(atob(password), (c) => c.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const readable = text !== "" && !/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(text);
    return readable && btoa(String.fromCharCode(...bytes)) === password ? text : password;
  } catch {
    return password; // not base64, or not UTF-8
  }
}
