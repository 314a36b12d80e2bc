/**
 * JSON columns, written as texts: the wire form of String behind an 8-byte state prefix of version 1 ("as text"), from
 * which the server makes paths. The texts must be JSON objects; the caller sees to that.
 */
import { StringWriter } from "./string_writer.ts";
import type { ChType } from "./types.ts";

export class JsonWriter extends StringWriter {
  constructor(override readonly type: ChType & { kind: "JSON" }) {
    super();
  }
  /** An object without members. */
  override putDefault(): void {
    this.putText("{}");
  }
  override get prefixes(): number {
    return 1;
  }
}
