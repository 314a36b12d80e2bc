/** The columns of one Nested structure: arrays whose lengths the server wants to be equal in every row. */
import { ArrayWriter, type ColumnWriter } from "../../native/mod.ts";
import { RowError } from "./errors.ts";

/** Throws if the rows just appended to these columns differ in length. */
export function sameLengths(name: string, writers: readonly ColumnWriter[]): void {
  const lengths = writers.map((writer) => writer instanceof ArrayWriter ? writer.lastLength() : 0);
  if (lengths.some((length) => length !== lengths[0])) {
    throw new RowError(`the arrays of ${name} have ${lengths.join(", ")} elements, which must be as many in each`);
  }
}
