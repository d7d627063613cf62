import { connect, Socket } from 'node:net';

/** The part of mysql2's settings that names the server. */
interface ServerAddress {
  readonly config: { readonly host?: string; readonly port?: number };
}

/**
 * Sockets that close after this time without traffic. The timeouts of the drivers only abandon the answer, and keep
 * the connection, which may be dead. A network can drop packets without a sign, and the operating system gives up
 * only after a quarter of an hour. When such a socket closes, the driver reports a lost connection, and its pool
 * removes it.
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
