import { LRUCache } from 'lru-cache';
import type { Principal } from '../decision/principal.js';
import type { AuthEvents } from './auth-events.js';

/** Tokens whose last seen roles are remembered, so that a change is told once and not per request. */
const REMEMBERED = 10_000;

/** Notices that an account's roles are others than when its token was issued. */
export class RoleChanges {
  private readonly seen = new LRUCache<string, string>({ max: REMEMBERED });

  constructor(private readonly events: AuthEvents) {}

  observe({ tokenId, userId, subject, claims, roles }: Principal): void {
    if (sameList(claims.roles, roles)) return;
    const now = JSON.stringify(roles);
    if (this.seen.get(tokenId) === now) return;
    this.seen.set(tokenId, now);
    this.events.emit({
      type: 'roles_changed',
      at: new Date(),
      userId,
      subject,
      before: claims.roles,
      after: roles,
    });
  }
}

/** Whether both name the same roles; a join gives them in no particular order. */
function sameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((role, index) => role === b[index]) || a.every((role) => b.includes(role));
}
