/** Why a schema cannot be used, in words for the person who wrote it. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}
