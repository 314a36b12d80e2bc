/**
 * The one error of configuration parsing, already in the API's terms (status, code, message, details), and the
 * collector that parsing writes its findings to. No message ever repeats a secret; messages about the shape of a
 * body repeat no value at all.
 */
import type { Place } from "./yaml_place.ts";

/** One finding: where in the request body, what is wrong there, and what belongs there. */
export interface ConfigIssue {
  /** Location like `body.sink.mapping[0].name`. */
  readonly path: string;
  readonly message: string;
  /** What to write instead, from the schema's descriptions. */
  readonly cure?: string;
  /** Where the body was YAML: place in the text, counted from 1. */
  readonly place?: Place;
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

  /** The same findings with their places in the YAML text they came from. */
  withPlaces(placeOf: (path: string) => Place): ConfigError {
    const issues = this.issues.map((issue) => ({ ...issue, place: placeOf(issue.path) }));
    const [first] = issues;
    if (first === undefined) return this;
    const message = `${this.message} at line ${first.place.line}, column ${first.place.column}`;
    return new ConfigError(this.status, this.code, message, issues, this.details);
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

  /** Every finding as clients see it. */
  errors(): ErrorEntry[] {
    return this.issues.slice(0, MOST_ERRORS).map(({ path, message, cure, place }) => ({
      location: path,
      message,
      ...(cure && { cure }),
      ...place,
    }));
  }

  /** The JSON body of the error response. */
  toBody(): Record<string, unknown> {
    const { status, code, message, details } = this;
    return { status, code, message, ...(details && { details }), errors: this.errors() };
  }
}

const MOST_ERRORS = 100;

/** A finding in an error response; line and column where the body was YAML. */
export interface ErrorEntry extends Partial<Place> {
  readonly location: string;
  readonly message: string;
  readonly cure?: string;
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
