/** A login of our own, whichever client carries it: SASL bytes go to the broker, and its answer comes back. */
import { PipelineError } from "../../errors.ts";

export type SaslExchange = (
  send: (bytes: Uint8Array) => Promise<Uint8Array>,
  /** The broker's, as it was named. */
  host: string,
) => Promise<void>;

export interface SaslLogin {
  readonly mechanism: "OAUTHBEARER" | "GSSAPI";
  readonly exchange: SaslExchange;
}

/** The credentials of a login could not be had, or are refused. The message tells whom to ask, and never a secret. */
export class LoginFailed extends PipelineError {
  override readonly name = "LoginFailed";
  readonly code = "LOGIN_FAILED";

  constructor(message: string, readonly retryable: boolean, options?: ErrorOptions) {
    super(message, options);
  }
}
