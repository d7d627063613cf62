import { Observable, type Observer, type Operator, type Subscription } from 'rxjs';

/**
 * An observable whose subscribers' errors go to one place, whatever operators stand in between.
 *
 * By itself, RxJS throws what a subscriber throws again in a timer of its own, and a rejection of an
 * asynchronous subscriber is nobody's: both end the process.
 */
export class ContainedObservable<T> extends Observable<T> {
  constructor(
    source: Observable<T> | undefined,
    private readonly report: (error: unknown) => void,
  ) {
    super();
    this.source = source;
  }

  /** What operators make of this observable is contained too. */
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
    // A link in a chain of operators; at its end stands an observer, which is contained.
    if (isLink<T>(observer)) return super.subscribe(observer);
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

/** RxJS's own subscribers, of whichever copy of it: they have an `add()`, which observers have not. */
function isLink<T>(observer: unknown): observer is Observer<T> {
  return typeof observer === 'object' && observer !== null && 'add' in observer;
}
