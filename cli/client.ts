/** The few requests the command line makes of its own system. */

/** Rejects with the status and body of any answer but 2xx. */
export async function apiRequest(apiUrl: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(apiUrl + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** One statement; the answer's text. */
export async function runSql(
  { url, user, password }: { url: string; user: string; password: string },
  sql: string,
): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    body: sql,
    headers: { "X-ClickHouse-User": user, "X-ClickHouse-Key": password },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`ClickHouse: ${text.slice(0, 500)}`);
  return text;
}

export async function waitFor<T>(
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (performance.now() > until) {
      throw new Error(`waited ${timeoutMs} ms for ${what}; it is ${JSON.stringify(value)}`);
    }
    await new Promise((next) => setTimeout(next, 50));
  }
}
