import type { AuthEvent } from '../events/auth-event.js';
import type { Principal } from '../decision/principal.js';

/** Whether an event says that this process revoked the principal's token, alone or with others. */
export function isWithdrawalOf(principal: Principal, event: AuthEvent): boolean {
  switch (event.type) {
    case 'token_revoked':
      return event.tokenId === principal.tokenId;
    case 'session_revoked':
    case 'session_ended':
      return event.sessionId === principal.sessionId;
    case 'user_revoked':
    case 'subject_replaced':
      return event.userId === principal.userId;
    case 'all_revoked':
    case 'key_withdrawn':
      return true;
    default:
      return false;
  }
}
