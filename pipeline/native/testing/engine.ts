/**
 * For tests: the real engine as the judge of Native blocks. One session per process; queries one at a time.
 */
import { Session } from "chdb";

const SETTINGS = [
  "output_format_json_quote_64bit_integers = 0",
  "output_format_json_quote_denormals = 0",
  "output_format_json_named_tuples_as_objects = 1",
  "date_time_output_format = 'iso'",
  "allow_suspicious_low_cardinality_types = 1",
  "session_timezone = 'UTC'",
  "output_format_native_write_json_as_string = 1",
  "enable_time_time64_type = 1",
].join(", ");

export class Engine {
  private readonly session = new Session();
  private readonly dir = Deno.makeTempDirSync({ prefix: "native-" });
  private files = 0;

  async text(sql: string): Promise<string> {
    const result = await this.session.queryAsync(`${sql} SETTINGS ${SETTINGS}`, { format: "JSONEachRow" });
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(result.bytes());
  }
  async native(sql: string): Promise<Uint8Array> {
    const result = await this.session.queryAsync(`${sql} SETTINGS ${SETTINGS}`, { format: "Native" });
    return new Uint8Array(result.bytes());
  }
  /** Puts a block where queries find it; returns the table expression. */
  table(block: Uint8Array): string {
    const path = `${this.dir}/${this.files++}.native`;
    Deno.writeFileSync(path, block);
    return `file('${path}', 'Native')`;
  }
  close(): void {
    this.session.cleanup();
    Deno.removeSync(this.dir, { recursive: true });
  }
}

/** JSON lines as comparable data: integers keep every digit, Float32 texts are rounded to it, date-time fractions lose trailing zeros. */
export function comparable(lines: string): unknown[] {
  return lines.split("\n").filter((line) => line !== "").map((line) => {
    const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown => {
      if (typeof value === "string") return value.replace(/^(\d{4}-\d\d-\d\dT[\d:]{8})(?:\.0+|(\.\d*?)0*)Z$/, "$1$2Z");
      if (typeof value !== "number") return value;
      const source = context?.source ?? "";
      if (/^-?\d+$/.test(source)) return `#${source}`;
      // Float32 texts have up to 9 digits; of two equally near ones the engine may show the other.
      if (source.replace(/^-?0*\.?0*|e.*$|\./g, "").length <= 9) return Math.fround(value);
      return value;
    };
    return JSON.parse(line, reviver);
  });
}
