import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';

try {
  const { app, port, host } = await createApp(process.env);
  await app.listen(port, host);
  const address: AddressInfo = app.getHttpServer().address();
  const name = host.includes(':') ? `[${host}]` : host;
  console.log(`listening on http://${name}:${address.port}`);
} catch (error) {
  console.error(inOneLine(error));
  process.exit(1);
}

function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') return 'PORT: accepts a port that is free';
  return error.message.replaceAll(/\s*\n\s*/g, ' ');
}
