/**
 * Free loopback ports.
 *
 * Ports are taken from below the range the kernel gives to outgoing connections, so that a server that is stopped and
 * started again on its port does not find it taken by somebody's connection. One process never hands out a port twice.
 */

const FIRST = 15_000;
const LAST = 31_999;
const handedOut = new Set<number>();

/** No free port was found on the loopback address. */
export class NoFreePort extends Error {
  override readonly name = "NoFreePort";
}

/** True when a server could listen on this port of the loopback address now. */
export function portIsFree(port: number, hostname = "127.0.0.1"): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

/** A loopback port nobody listens on and which this process has not handed out before. */
export function freePort(): number {
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (handedOut.has(port) || !portIsFree(port)) continue;
    handedOut.add(port);
    return port;
  }
  throw new NoFreePort(`no free port between ${FIRST} and ${LAST} on 127.0.0.1: stop servers you no longer need`);
}
