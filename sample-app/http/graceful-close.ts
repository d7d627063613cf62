import type { Server } from 'node:http';

/**
 * Lets a closing server end with its last answer.
 *
 * `server.close()` drops the connections that are idle at that moment, and then waits for those that
 * become idle later until their keep-alive time is over: 72 seconds with Fastify.
 */
export function closeWithLastAnswer(server: Server): void {
  server.on('request', (_request, response) => {
    response.on('close', () => {
      if (!server.listening) server.closeIdleConnections();
    });
  });
}
