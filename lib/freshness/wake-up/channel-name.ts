import { createHash } from 'node:crypto';

/** PostgreSQL refuses longer channel names. */
const LONGEST = 63;

/**
 * The channel on which the processes of a deployment tell each other that the log has new rows. Its name contains a
 * version and the realm. PostgreSQL itself keeps the channels of different databases apart.
 */
export function channelName(realm: string): string {
  const name = `nestjs-revocable-jwt:1:${realm}`;
  if (Buffer.byteLength(name) <= LONGEST) return name;
  return `nestjs-revocable-jwt:1:#${createHash('sha256').update(realm).digest('hex').slice(0, 32)}`;
}
