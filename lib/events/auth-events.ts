import { Logger } from '@nestjs/common';
import { Observable, type Observer, type Operator, Subject, type Subscription } from 'rxjs';
import type { AuthEvent } from './auth-event.js';

/**
 * The audit stream: sign-ins, tokens, sessions, keys and revocations, in the order in which they happened.
 *
 * Events report only what is committed, with one exception: `refresh_reused` reports that a used refresh token came
 * back, even if its transaction fails. No event contains a token, a secret or a hash.
 *
 * ```ts
 * constructor(@Inject(AuthEvents) events: AuthEvents) {
 *   events.stream.subscribe((event) => this.audit.write(event));
 * }
 * ```
 */
export class AuthEvents {
  private readonly logger = new Logger('AuthEvents');
  private readonly subject = new Subject<AuthEvent>();

  /**
   * Every event from now on; completes when the application closes. A subscriber that throws or rejects does not
   * disturb other subscribers or the request: its error is logged.
   */
  readonly stream: Observable<AuthEvent> = new ContainedObservable(this.subject, (error) =>
    this.logger.error(
      'A subscriber of the audit stream failed',
      error instanceof Error ? error.stack : String(error),
    ),
  );

  /** For the library. An application reports a failed sign-in with `AuthService.signInFailed()`. */
  emit(event: AuthEvent): void {
    this.subject.next(event);
  }

  /** Ends the stream when the application closes. */
  complete(): void {
    this.subject.complete();
  }
}

/**
 * An observable that reports the errors of its subscribers, whatever operators are in between.
 *
 * RxJS throws such an error again from a timer, and does not handle the rejection of an asynchronous subscriber.
 * Both would end the process.
 */
class ContainedObservable<T> extends Observable<T> {
  constructor(
    source: Observable<T> | undefined,
    private readonly report: (error: unknown) => void,
  ) {
    super();
    this.source = source;
  }

  /** Operators on this observable give observables that are contained too. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new ContainedObservable<R>(undefined, this.report);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observer?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator subscribes to the one before it; only the observer at the end is contained.
    if (isOperator<T>(observer)) return super.subscribe(observer);
    const given =
      typeof observer === 'function' || !observer ? { next: observer, error, complete } : observer;
    return super.subscribe({
      next: (value) => this.contain(() => given.next?.(value)),
      error: (reason: unknown) =>
        given.error ? this.contain(() => given.error?.(reason)) : this.report(reason),
      complete: () => this.contain(() => given.complete?.()),
    });
  }

  private contain(call: () => unknown): void {
    try {
      const result = call();
      if (result instanceof Promise) result.catch(this.report);
    } catch (error) {
      this.report(error);
    }
  }
}

/** RxJS's own subscribers have an `add()`, in any copy of RxJS. Observers have none. */
function isOperator<T>(observer: unknown): observer is Observer<T> {
  return typeof observer === 'object' && observer !== null && 'add' in observer;
}
