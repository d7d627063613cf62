import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts the bundle with an empty database. */
export async function startApp() {
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: {
      ...process.env,
      PORT: '0',
      JWT_SECRET: randomBytes(32).toString('base64url'),
      DATABASE_FILE: join(mkdtempSync(join(tmpdir(), 'notes-')), 'test.sqlite'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\S+/.exec(line) ?? [];
    if (url) return { url: url.replace('[::1]', 'localhost'), stop: () => child.kill() };
  }
  throw new Error('It did not start');
}

/** A request with JSON; gives the status and the body. */
export const requests =
  (url) =>
  async (method, path, { token, body } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text) };
  };
