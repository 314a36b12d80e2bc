/** What the receiver process is told. */
import type { NatsAddress } from "../runtime/nats/connect.ts";
import type { ReceiverLimits } from "./receiver.ts";

/** Read as JSON from this variable; addresses and credentials only. */
export const RECEIVER_VARIABLE = "GLASSFLOW_RECEIVER";

export interface ReceiverSettings {
  readonly hostname: string;
  readonly port: number;
  readonly nats: NatsAddress;
  readonly apiUrl: string;
  readonly logLevel: string;
  readonly limits?: Partial<ReceiverLimits>;
  /** How long a pipeline's configuration is believed. */
  readonly directoryTtlMs?: number;
  /** `/readyz` answers with this name. */
  readonly instance: string;
  readonly failpoints: Readonly<Record<string, number>>;
}
