/** One NATS connection per process that never gives up: it reconnects for as long as the process lives. */
import { connect, type NatsConnection } from "@nats-io/transport-node";

export interface NatsAddress {
  readonly servers: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/** Connects, waiting up to `waitMs` for the first connection. Errors name the address, never credentials. */
export async function connectNats(address: NatsAddress, name: string, waitMs = 120_000): Promise<NatsConnection> {
  const until = performance.now() + waitMs;
  for (let pause = 100;; pause = Math.min(pause * 2, 2_000)) {
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
          `cannot reach NATS at ${address.servers}: start nats-server there, or set GLASSFLOW_NATS_URL to where it runs`,
          { cause },
        );
      }
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}
