/**
 * Whether the one that answers on a port is the process we started there: it says the name that only it was given. A port
 * may be somebody else's although it looked free a moment ago.
 */

export const INSTANCE_HEADER = "x-glassflow-instance";

const PROBE_MS = 2_000;

/** For `Child.ready`: true when `url` answers with success and this instance's name. */
export async function answersAs(instance: string, url: string): Promise<true | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
  await response.body?.cancel();
  return response.ok && response.headers.get(INSTANCE_HEADER) === instance ? true : undefined;
}
