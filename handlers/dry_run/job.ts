/**
 * What the API hands to the process that runs users' code, and what comes back. A job holds generated code and sample
 * events: no address, no credential, and no text of the user's that would be run as it is.
 */
import type { Layout } from "../../pipeline/native/mod.ts";
import type { RowForm } from "../../pipeline/compile/row/dead_row.ts";

export type Job = DryRunJob | EvaluateJob;

export interface DryRunJob {
  readonly kind: "dry_run";
  /** Each event as text: a JSON message, an OTLP/JSON log record, or an OTLP/JSON export request. */
  readonly events: readonly string[];
  /** Milliseconds since 1970: all events arrive then. */
  readonly time: number;
  readonly program: PipelineProgram;
}

/** A compiled pipeline as function bodies (see `pipeline/compile`), and what the answer needs to know of it. */
export interface PipelineProgram {
  /** Null where the receiver decodes. */
  readonly ingest: string | null;
  readonly transform: string;
  readonly observer: string;
  readonly input: Layout;
  readonly forms: readonly RowForm[];
  readonly columns: Layout;
  readonly dedup: { readonly transform: number; readonly windowMs: number } | null;
  readonly filters: readonly { readonly transform: number; readonly expression: string }[];
  /** Places of the stateless transforms in the configuration. */
  readonly stateless: readonly number[];
}

export interface EvaluateJob {
  readonly kind: "evaluate";
  readonly sample: unknown;
  /** Milliseconds since 1970, what `now()` gives. */
  readonly time: number;
  /** `code` reads `event`, `now` and `rt`. */
  readonly outputs: readonly { readonly name: string; readonly type: string; readonly code: string }[];
}

/** How a job ended: `json` is the answer's text; `refused` is a reason that a client is told. */
export type Outcome =
  | { readonly kind: "done"; readonly json: string }
  | { readonly kind: "refused"; readonly reason: string };

/** The job cannot be done as asked; the message is for the client. */
export class JobRefused extends Error {
  override readonly name = "JobRefused";
}

/** First character of what the process prints, before the text. */
export const DONE = "+";
export const REFUSED = "-";
