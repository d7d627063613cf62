import { createHash } from 'node:crypto';

/** PostgreSQL refuses longer names of channels. */
const LONGEST = 63;

/**
 * The channel on which a deployment's processes tell each other that the log has something new. It
 * carries a version and the realm; PostgreSQL keeps the channels of databases apart itself.
 */
export function wakeUpChannel(realm: string): string {
  const name = `nestjs-revocable-jwt:1:${realm}`;
  if (Buffer.byteLength(name) <= LONGEST) return name;
  return `nestjs-revocable-jwt:1:#${createHash('sha256').update(realm).digest('hex').slice(0, 32)}`;
}
