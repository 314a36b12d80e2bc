/** Failures of a schema registry, in words that tell what to do. They never show its credentials. */
import { PipelineError } from "../errors.ts";

/** It does not answer, or not as a registry does: asked again. */
export class RegistryUnavailable extends PipelineError {
  override readonly name = "RegistryUnavailable";
  readonly code = "SCHEMA_REGISTRY_UNAVAILABLE";
  readonly retryable = true;
}

/** It refuses the account, or its address must not be asked: a person must act. */
export class RegistryRefused extends PipelineError {
  override readonly name = "RegistryRefused";
  readonly code = "SCHEMA_REGISTRY_REFUSED";
  readonly retryable = false;
}
