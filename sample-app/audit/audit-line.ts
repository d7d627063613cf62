import type { AuthEvent } from 'nestjs-revocable-jwt';
import type { AuditDetail } from './audit-event.entity.js';

/** A line of the audit trail, before it is stored. */
export interface AuditLine {
  /** Default: now. */
  readonly at?: Date;
  readonly type: string;
  readonly userId?: string;
  /** The subject of the account, if only the token's subject is known. */
  readonly subject?: string;
  readonly sessionId?: string;
  readonly actorId?: string;
  readonly reason?: string;
  readonly detail?: AuditDetail;
}

/** What the trail keeps of an event; `undefined` if another line already says it. */
export function auditLine(event: AuthEvent): AuditLine | undefined {
  const { at, type } = event;
  switch (event.type) {
    case 'signed_in':
      return { at, type, userId: event.userId, sessionId: event.sessionId, actorId: event.userId };
    case 'sign_in_failed':
      return { at, type, userId: event.userId, reason: event.reason };
    case 'token_issued':
      // A sign-in has its own line.
      return event.renewed
        ? {
            at,
            type,
            userId: event.userId,
            sessionId: event.sessionId,
            detail: { tokenId: event.tokenId },
          }
        : undefined;
    case 'token_refused': {
      const { code, tokenId, subject } = event;
      return { at, type, subject, sessionId: event.sessionId, detail: { code, tokenId } };
    }
    case 'roles_changed': {
      const { before, after } = event;
      return { at, type, userId: event.userId, detail: { before: [...before], after: [...after] } };
    }
    case 'keys_changed':
      return { at, type, detail: { kids: [...event.kids] } };
    case 'keys_failed':
      return { at, type };
    case 'key_withdrawn': {
      const { kid, actor: actorId, reason } = event;
      return { at, type, actorId, reason, detail: { kid } };
    }
    case 'session_started': {
      const { userId, sessionId, device, ip, userAgent } = event;
      return { at, type, userId, sessionId, actorId: userId, detail: { device, ip, userAgent } };
    }
    case 'session_refreshed':
      // The token that was issued with it has its own line.
      return undefined;
    case 'refresh_retried':
    case 'session_reissued':
    case 'refresh_reused': {
      const { userId, sessionId, ip, userAgent, differs } = event;
      const replay = event.type === 'refresh_reused' ? { replay: event.replay } : {};
      const detail = { ip, userAgent, differs: [...differs], ...replay };
      return { at, type, userId, sessionId, detail };
    }
    case 'refresh_refused': {
      const { userId, sessionId, code, ip, userAgent } = event;
      return { at, type, userId, sessionId, detail: { code, ip, userAgent } };
    }
    case 'session_ended': {
      const { userId, sessionId, actor: actorId, reason } = event;
      return { at, type, userId, sessionId, actorId, reason };
    }
    default: {
      const { userId, subject, sessionId, actor: actorId, reason, tokenId, issuedBefore } = event;
      const detail = {
        ...(tokenId === undefined ? {} : { tokenId }),
        ...(issuedBefore === undefined ? {} : { issuedBefore: issuedBefore.toISOString() }),
      };
      const isEmpty = Object.keys(detail).length === 0;
      return {
        at,
        type,
        userId,
        subject,
        sessionId,
        actorId,
        reason,
        ...(isEmpty ? {} : { detail }),
      };
    }
  }
}
