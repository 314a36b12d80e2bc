/**
 * One log record between decoder and columns: numbers, and ranges of the arena. There is a single one per decoder,
 * overwritten record by record; the fields of resource and scope stay while their records pass.
 */
import { AttributeList } from "./attribute_list.ts";
import type { LogsField } from "./logs_layout.ts";

export class LogRecord {
  timeLo = 0;
  timeHi = 0;
  observedLo = 0;
  observedHi = 0;
  severityNumber = 0;
  flags = 0;
  droppedAttributes = 0;
  severityTextStart = 0;
  severityTextEnd = 0;
  bodyStart = 0;
  bodyEnd = 0;
  traceIdStart = 0;
  traceIdEnd = 0;
  spanIdStart = 0;
  spanIdEnd = 0;
  eventNameStart = 0;
  eventNameEnd = 0;
  readonly attributes = new AttributeList();

  readonly resourceAttributes = new AttributeList();
  resourceDroppedAttributes = 0;
  resourceSchemaUrlStart = 0;
  resourceSchemaUrlEnd = 0;

  readonly scopeAttributes = new AttributeList();
  scopeDroppedAttributes = 0;
  scopeNameStart = 0;
  scopeNameEnd = 0;
  scopeVersionStart = 0;
  scopeVersionEnd = 0;
  scopeSchemaUrlStart = 0;
  scopeSchemaUrlEnd = 0;

  /** A new request: nothing remembered from the last one is valid. */
  clearRequest(): void {
    this.attributes.forget();
    this.resourceAttributes.forget();
    this.scopeAttributes.forget();
    this.clearResource();
  }

  clearResource(): void {
    this.resourceAttributes.clear();
    this.resourceDroppedAttributes = 0;
    this.resourceSchemaUrlStart = this.resourceSchemaUrlEnd = 0;
    this.clearScope();
  }

  clearScope(): void {
    this.scopeAttributes.clear();
    this.scopeDroppedAttributes = 0;
    this.scopeNameStart = this.scopeNameEnd = 0;
    this.scopeVersionStart = this.scopeVersionEnd = 0;
    this.scopeSchemaUrlStart = this.scopeSchemaUrlEnd = 0;
    this.clearRecord();
  }

  clearRecord(): void {
    this.timeLo = this.timeHi = 0;
    this.observedLo = this.observedHi = 0;
    this.severityNumber = this.flags = this.droppedAttributes = 0;
    this.severityTextStart = this.severityTextEnd = 0;
    this.bodyStart = this.bodyEnd = 0;
    this.traceIdStart = this.traceIdEnd = 0;
    this.spanIdStart = this.spanIdEnd = 0;
    this.eventNameStart = this.eventNameEnd = 0;
    this.attributes.clear();
  }
}

/** What a decoder must produce; everything else it may skip without a look inside. */
export type LogsNeeds = Readonly<Record<LogsField, boolean>>;

/** Where decoded records go. */
export interface LogRecordTarget {
  /** Takes the record before the call returns; it is overwritten afterwards. Throws `RecordTooLarge` to refuse it. */
  accept(record: LogRecord): void;
  /** A record that was refused, by the decoder or by {@link accept}. */
  reject(): void;
  /** Everything so far is void: the decoder starts again. */
  restart(): void;
  /** A trace or span id whose length is not what OpenTelemetry prescribes; it is passed on as it is. */
  unusualId(): void;
}
