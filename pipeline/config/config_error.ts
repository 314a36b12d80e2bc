/**
 * The one error of configuration parsing, already in the API's terms (status, code, message, details), and the
 * collector that parsing writes its findings to. No message ever repeats a secret; messages about the shape of a
 * body repeat no value at all.
 */

/** One finding: where in the request body, and what is wrong there. */
export interface ConfigIssue {
  /** Location like `body.sink.mapping[0].name`. */
  readonly path: string;
  readonly message: string;
}

export type ConfigErrorCode = "" | "unprocessable_entity" | "bad_request";

/** A request body cannot become a configuration. `issues` lists every finding, `message` tells the first. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    readonly status: 400 | 422,
    readonly code: ConfigErrorCode,
    message: string,
    readonly issues: readonly ConfigIssue[],
    readonly details?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }

  /** The body does not have the documented shape: 422 with an empty code. */
  static shape(issues: readonly ConfigIssue[]): ConfigError {
    return new ConfigError(422, "", `validation failed: ${issues[0].message} (${issues[0].path})`, issues);
  }

  /** The body has the right shape but breaks a rule: 422 `unprocessable_entity`, the rule in `details.error`. */
  static rule(issues: readonly ConfigIssue[]): ConfigError {
    const error = issues[0].message;
    return new ConfigError(
      422,
      "unprocessable_entity",
      `failed to convert request to pipeline model: ${error}`,
      issues,
      { error },
    );
  }

  /** A resource quantity or an immutable resource: 422 `unprocessable_entity`, the reason in the message. */
  static resources(issues: readonly ConfigIssue[]): ConfigError {
    return new ConfigError(422, "unprocessable_entity", issues[0].message, issues);
  }

  /** The JSON body of the error response. */
  toBody(): Record<string, unknown> {
    const body: Record<string, unknown> = { status: this.status, code: this.code, message: this.message };
    if (this.details !== undefined) body.details = this.details;
    return body;
  }
}

/** Collects findings in the order rules are checked. */
export class Problems {
  readonly issues: ConfigIssue[] = [];

  add(path: string, message: string): void {
    this.issues.push({ path, message });
  }

  get any(): boolean {
    return this.issues.length > 0;
  }
}

/** A name (id, field, column, type) for use in a message: quoted, escaped and cut to a readable length. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}\u2026` : name);
}
