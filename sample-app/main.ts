import type { AddressInfo } from 'node:net';
import { ConsoleLogger } from '@nestjs/common';
import { createApp } from './app.js';
import { LOGGED } from './http/adapters.js';
import { ConfigurationError } from './config/configuration.error.js';

/** The operating system's codes for an address on which this process cannot listen. */
const LISTENING = new Map([
  ['EADDRINUSE', 'PORT: it is in use; choose another port, or 0'],
  ['EACCES', 'PORT: this process may not use it; choose a port from 1024, or 0'],
  ['EADDRNOTAVAIL', 'HOST: it is not an address of this machine; give one that is'],
  ['ENOTFOUND', 'HOST: it cannot be resolved; give a name or an address of this machine'],
]);

try {
  const { app, port, host } = await createApp(process.env);
  // Otherwise Nest would log its own line before the line that names the variable.
  app.useLogger(false);
  await app.listen(port, host);
  // A new logger, because `false` has removed the old one.
  app.useLogger(new ConsoleLogger({ logLevels: LOGGED }));
  const address: AddressInfo = app.getHttpServer().address();
  const name = host.includes(':') ? `[${host}]` : host;
  console.log(`listening on http://${name}:${address.port}`);
} catch (error) {
  console.error(explained(error));
  process.exit(1);
}

/** One line if an operator can fix the error; a stack if it is unexpected. */
function explained(error: unknown): unknown {
  if (error instanceof ConfigurationError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? LISTENING.get(code) : undefined) ?? error;
}
