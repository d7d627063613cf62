import { connect, Socket } from 'node:net';

/** The part of mysql2's own settings that says where the server is. */
interface ServerAddress {
  readonly config: { readonly host?: string; readonly port?: number };
}

/**
 * Sockets that end once nothing has come or gone on them for so long: what the drivers call a timeout gives
 * up the answer and keeps the connection, which may be dead. A network can swallow packets and say nothing,
 * and the operating system gives up after a quarter of an hour. The driver reports that the
 * connection was lost, and its pool lets go of it.
 *
 * @param timeoutMs 0: never
 */
export const postgresSocket = (timeoutMs: number) => (): Socket => timed(new Socket(), timeoutMs);

export const mysqlSocket =
  (timeoutMs: number) =>
  ({ config: { host = 'localhost', port = 3306 } }: ServerAddress): Socket =>
    timed(connect({ host, port, noDelay: true, keepAlive: true }), timeoutMs);

function timed(socket: Socket, timeoutMs: number): Socket {
  return socket.setTimeout(timeoutMs, () => void socket.destroy());
}
