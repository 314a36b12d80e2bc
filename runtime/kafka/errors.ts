/** Failures of a Kafka source, in words that tell what to do. */
import { PipelineError } from "../errors.ts";

/** Brokers cannot be reached, refuse the account, or lack the topic: tried again until they do. */
export class KafkaUnavailable extends PipelineError {
  override readonly name = "KafkaUnavailable";
  readonly code = "KAFKA_UNAVAILABLE";
  readonly retryable = true;
}

/** A person must act: trying again cannot help. */
export class KafkaUnusable extends PipelineError {
  override readonly name = "KafkaUnusable";
  readonly code = "KAFKA_UNUSABLE";
  readonly retryable = false;
}

/** Bytes of a partition that are no record batch this release reads. */
export class MalformedBatch extends PipelineError {
  override readonly name = "MalformedBatch";
  readonly code = "MALFORMED_BATCH";
  readonly retryable = false;
}
