import type { AddressInfo } from 'node:net';
import { ConsoleLogger } from '@nestjs/common';
import { createApp } from './app.js';
import { LOGGED } from './http/adapters.js';
import { ConfigurationError } from './config/configuration.error.js';

/** Why an address cannot be listened on, as the operating system says it. */
const LISTENING = new Map([
  ['EADDRINUSE', 'PORT: is in use; accepts one that is free, or 0'],
  ['EACCES', 'PORT: needs privileges that this process does not have; accepts one from 1024, or 0'],
  ['EADDRNOTAVAIL', 'HOST: is no address of this machine; accepts one that is'],
  ['ENOTFOUND', 'HOST: cannot be resolved; accepts a name or an address of this machine'],
]);

try {
  const { app, port, host } = await createApp(process.env);
  // Nest would put a line of its own before the one that names the variable.
  app.useLogger(false);
  await app.listen(port, host);
  // A new one: after `false` there is none left whose levels a list could set.
  app.useLogger(new ConsoleLogger({ logLevels: LOGGED }));
  const address: AddressInfo = app.getHttpServer().address();
  const name = host.includes(':') ? `[${host}]` : host;
  console.log(`listening on http://${name}:${address.port}`);
} catch (error) {
  console.error(explained(error));
  process.exit(1);
}

/** One line for what an operator can put right; a stack for what nobody foresaw. */
function explained(error: unknown): unknown {
  if (error instanceof ConfigurationError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? LISTENING.get(code) : undefined) ?? error;
}
