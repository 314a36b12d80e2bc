/**
 * The client library's TCP transport with one change. The library takes all listeners off a socket that it gives up; an error
 * that the socket has on its way by then (a server that refuses somebody closes with a reset) would have no listener and
 * end the whole process. Here a socket always has one.
 */
import type { Socket } from "node:net";
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { NatsConnectionImpl, setTransportFactory } from "@nats-io/nats-core/internal";
import { nodeResolveHost, NodeTransport } from "@nats-io/transport-node/lib/node_transport.js";

/** What went wrong is known already when nobody else listens. */
const ignore = () => {};

/** Makes the socket handle its errors whoever removes listeners from it. */
export function alwaysListening<S extends Socket>(socket: S): S {
  const removeAll = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (...events: string[]) => { // none is not the same as undefined
    removeAll(...events);
    return socket.on("error", ignore);
  };
  return socket.on("error", ignore);
}

class Transport extends NodeTransport {
  override async dial(address: { hostname: string; port: number }): Promise<Socket> {
    return alwaysListening(await super.dial(address));
  }
}

/** As the library's own `connect`. */
export async function connect(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new Transport(), dnsResolveFn: nodeResolveHost });
  return await NatsConnectionImpl.connect(options);
}
