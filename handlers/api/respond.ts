/** Successful answers: one line of JSON, `application/json` without a charset. */

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body) + "\n", {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** 200 `{}`: what every mutation without a result answers. */
export const ok = (headers?: Record<string, string>): Response => json({}, 200, headers);

/** 200 and nothing else. */
export const empty = (status = 200): Response => new Response(null, { status });
