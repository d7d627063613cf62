import { Logger } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { AuthEvent } from './auth-event.js';
import { ContainedObservable } from './contained.observable.js';

/**
 * The audit stream: what happened to sign-ins, tokens and revocations, in the order it happened.
 *
 * Only what is committed is told; that a used refresh token came back (`refresh_reused`) is so in any case. No event carries a token, a secret or a hash. A subscriber that
 * throws or rejects disturbs neither the others nor the request: it is logged.
 */
export class AuthEvents {
  private readonly logger = new Logger('AuthEvents');
  private readonly subject = new Subject<AuthEvent>();

  /** Every event from now on; completes when the application closes. */
  readonly stream: Observable<AuthEvent> = new ContainedObservable(this.subject, (error) =>
    this.logger.error(
      'A subscriber of the audit stream failed',
      error instanceof Error ? error.stack : String(error),
    ),
  );

  /** Tells an event. For the library; an application reports a failed sign-in through `AuthService`. */
  emit(event: AuthEvent): void {
    this.subject.next(event);
  }

  /** Ends the stream; the application closes. */
  complete(): void {
    this.subject.complete();
  }
}
