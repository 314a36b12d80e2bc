/** What can go wrong with the catalog. Messages say what to do and never carry a secret or a connection URL. */

export class CatalogError extends Error {
  override readonly name: string = "CatalogError";
  readonly retryable: boolean = false;
}

/** The database does not answer, or went away. Worth trying again. */
export class CatalogUnavailable extends CatalogError {
  override readonly name = "CatalogUnavailable";
  override readonly retryable = true;
}

/** Another process has the data directory open. */
export class CatalogLocked extends CatalogError {
  override readonly name = "CatalogLocked";
}

/** The data directory exists and cannot be read as a catalog. */
export class CatalogCorrupt extends CatalogError {
  override readonly name = "CatalogCorrupt";
}

/** The database was migrated by a newer version of this software. */
export class CatalogTooNew extends CatalogError {
  override readonly name = "CatalogTooNew";
}

/** A stored secret cannot be read, or the configured key is unusable. */
export class EncryptionError extends CatalogError {
  override readonly name = "EncryptionError";
}

export class PipelineExists extends CatalogError {
  override readonly name = "PipelineExists";
  constructor(readonly pipelineId: string) {
    super(`pipeline with id "${pipelineId}" already exists`);
  }
}

export class PipelineNotFound extends CatalogError {
  override readonly name = "PipelineNotFound";
  constructor(readonly pipelineId: string) {
    super(`pipeline with id "${pipelineId}" does not exist`);
  }
}

/** Someone else changed the pipeline since it was read. */
export class VersionConflict extends CatalogError {
  override readonly name = "VersionConflict";
  override readonly retryable = true;
  constructor(readonly pipelineId: string, readonly expected: number, readonly actual: number) {
    super(`pipeline "${pipelineId}" was changed meanwhile (version ${actual}, expected ${expected}); read it again`);
  }
}
