/** One NATS connection per process that never gives up: it reconnects for as long as the process lives. */
import type { NatsConnection } from "@nats-io/nats-core";
import { isNatsError } from "./api_error.ts";
import { sleep } from "./publish.ts";
import { connect } from "./transport.ts";

export interface NatsAddress {
  readonly servers: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/** Connects, waiting up to `waitMs` for the first connection. Errors name the address, never credentials. */
export async function connectNats(
  address: NatsAddress,
  name: string,
  waitMs = 120_000,
  signal?: AbortSignal,
): Promise<NatsConnection> {
  const until = performance.now() + waitMs;
  for (let pause = 100;; pause = Math.min(pause * 2, 2_000)) {
    signal?.throwIfAborted();
    try {
      return await connect({
        servers: address.servers.split(","),
        name,
        user: address.user,
        pass: address.password,
        token: address.token,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 100,
        pingInterval: 5_000,
        maxPingOut: 2,
        timeout: 5_000,
      });
    } catch (cause) {
      if (performance.now() + pause > until) {
        throw new Error(
          isNatsError(cause, "AuthorizationError")
            ? `NATS at ${address.servers} refuses the user, password or token: check GLASSFLOW_NATS_URL`
            : `cannot reach NATS at ${address.servers}: start nats-server there, or set GLASSFLOW_NATS_URL to where it runs`,
          { cause },
        );
      }
      await sleep(pause, signal);
    }
  }
}

const listeners = new WeakMap<NatsConnection, Set<() => void>>();

/** Calls back after each reconnect: what was under way in either direction may be lost. Returns how to stop that. */
export function onReconnect(nc: NatsConnection, call: () => void): () => void {
  let calls = listeners.get(nc);
  if (!calls) {
    const all = calls = new Set<() => void>();
    listeners.set(nc, all);
    const watch = async () => {
      for await (const { type } of nc.status()) if (type === "reconnect") { for (const each of [...all]) each(); }
    };
    void watch(); // ends with the connection; the iterator of statuses does not reject
  }
  calls.add(call);
  return () => void calls.delete(call);
}
