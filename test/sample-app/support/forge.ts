import { createHmac } from 'node:crypto';
import { SECRET } from './running-app.js';

type Json = Readonly<Record<string, unknown>>;

/** A token like this one, with other claims or another header, signed as the application would. */
export function forge(
  token: string | undefined,
  change: { claims?: Json; header?: Json; secret?: string },
): string {
  const [header = '', payload = ''] = token?.split('.') ?? [];
  const unsigned = [
    encode({ ...decode(header), ...change.header }),
    encode({ ...decode(payload), ...change.claims }),
  ].join('.');
  const signature = createHmac('sha256', change.secret ?? SECRET).update(unsigned);
  return `${unsigned}.${signature.digest('base64url')}`;
}

function decode(part: string): Json {
  return Object(JSON.parse(Buffer.from(part, 'base64url').toString()));
}

function encode(part: Json): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
