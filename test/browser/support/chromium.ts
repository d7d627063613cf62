import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { type BrowserContext, chromium, type Frame, type Page } from 'playwright-core';
import { certificate } from '../../support/certificate.js';

const { TEST_CHROMIUM = '' } = process.env;

/** The browser to use; empty: none. */
export const CHROMIUM = TEST_CHROMIUM;

/** Names of any application, which are all on this machine. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP *.test 127.0.0.1',
];

/** A real browser, with nothing kept from before. */
export async function openChromium(): Promise<{
  readonly context: BrowserContext;
  close(): Promise<void>;
}> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  return { context, close: () => browser.close() };
}

/**
 * Ends TLS in front of an application, as reverse proxies do, and has two pages of its own: `/page?set=…` with a cookie,
 * and `/form?to=…`.
 */
export async function tlsProxy(urlOf: () => string): Promise<{
  readonly port: number;
  close(): Promise<void>;
}> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const encoded = certificate(keys).toString('base64');
  const server = createServer({
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${encoded}\n-----END CERTIFICATE-----`,
  });
  server.on('request', (incoming, outgoing) => {
    const { url = '/', method = 'GET', headers } = incoming;
    const { pathname, searchParams } = new URL(url, 'https://x.test');
    if (pathname === '/favicon.ico') {
      outgoing.writeHead(404).end();
      return;
    }
    if (pathname === '/page' || pathname === '/form') {
      outgoing.setHeader('content-type', 'text/html');
      outgoing.setHeader('set-cookie', searchParams.getAll('set'));
      outgoing.end(
        `<form method="post" action="${searchParams.get('to') ?? ''}"><button>go</button></form>`,
      );
      return;
    }
    const forwarded = request(`${urlOf()}${url}`, {
      method,
      headers: { ...headers, 'x-forwarded-proto': 'https' },
    });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return {
    port: address.port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The status of a request that a script of the page makes. */
export function fetched(
  page: Page | Frame,
  method: string,
  path: string,
  json?: unknown,
): Promise<number> {
  const body = json === undefined ? null : JSON.stringify(json);
  const headers: Record<string, string> =
    json === undefined ? {} : { 'content-type': 'application/json' };
  return page.evaluate(async ([url, init]) => (await fetch(url, init)).status, [
    `/${path}`,
    { method, headers, body },
  ] as const);
}

/** The cookies that the browser keeps: name, domain, path, and whether each is partitioned. */
export async function kept(context: BrowserContext): Promise<string[]> {
  const cookies = await context.cookies();
  return cookies
    .map(({ name, domain, path, partitionKey }) =>
      [name, domain, path, ...(partitionKey === undefined ? [] : ['partitioned'])].join(' '),
    )
    .toSorted();
}
