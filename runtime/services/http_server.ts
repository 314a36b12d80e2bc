/** The end of an HTTP server is bounded: a client that keeps a request open does not keep the process. */

const GRACE_MS = 5_000;

/**
 * Takes no new connections and answers what is under way. After `graceMs` it waits no longer: connections that are still
 * open end with the process.
 */
export async function stopServer(server: Deno.HttpServer, graceMs = GRACE_MS): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, graceMs);
  await Promise.race([server.shutdown(), late.promise]);
  clearTimeout(timer);
}
