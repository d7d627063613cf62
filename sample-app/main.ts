import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';
import { ConfigurationError } from './config/configuration.error.js';

try {
  const { app, port, host } = await createApp(process.env);
  await app.listen(port, host);
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
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'PORT: is in use; accepts one that is free, or 0';
  }
  return error;
}
