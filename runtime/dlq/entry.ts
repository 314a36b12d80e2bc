/** The body of a dead letter, as stored and as handed to clients. */

export interface DeadLetter {
  component: string;
  error: string;
  original_message: string;
  reason?: string;
}

export interface ListedDeadLetter extends DeadLetter {
  /** The stream sequence. */
  message_id: string;
  received_at: string;
}

/**
 * Reads a stored body. A body that is not a dead letter becomes one that carries the raw text, so that a single bad
 * entry never hides the others.
 */
export function readDeadLetter(data: Uint8Array, componentOfSubject: string): DeadLetter {
  const raw = new TextDecoder().decode(data);
  let body: unknown;
  try {
    body = JSON.parse(raw);
  } catch {
    body = null;
  }
  if (!isBody(body)) {
    return { component: componentOfSubject, error: "the entry is not a readable dead letter", original_message: raw };
  }
  const entry: DeadLetter = {
    component: body.component,
    error: body.error,
    original_message: body.original_message,
  };
  if (typeof body.reason === "string") entry.reason = body.reason;
  return entry;
}

interface Body {
  component: string;
  error: string;
  original_message: string;
  reason?: unknown;
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && "component" in value && typeof value.component === "string" &&
    "error" in value && typeof value.error === "string" && "original_message" in value &&
    typeof value.original_message === "string";
}
