import type { HttpAdapterHost } from '@nestjs/core';
import passport from 'passport';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import { Refusal } from '../decision/refusal.js';
import { responseTo } from '../transport/http-response.js';
import { announceRefusal } from '../transport/response-headers.js';

/** A strategy and the application that it belongs to. */
export interface Registration {
  readonly realm: string;
  readonly host: HttpAdapterHost;
  readonly strategy: passport.Strategy;
}

/**
 * The strategies of every AuthModule in this process.
 *
 * `passport` is one object for the whole process, so the last application to register `jwt` would answer
 * for all of them: it would refuse their tokens, or admit its own there. So passport gets a switch, which
 * passes each request to the strategy of the application that received it.
 */
class StrategyRegistry {
  private readonly registrations = new Set<Registration>();
  private readonly switches = new Map<string, StrategySwitch>();

  /**
   * Another strategy that is registered under the realm stays behind the switch, for the
   * applications without an AuthModule of this realm.
   *
   * @throws AuthConfigurationError when this application already has an AuthModule of that realm
   */
  add(registration: Registration): void {
    const { realm, host } = registration;
    if ([...this.registrations].some((other) => other.realm === realm && other.host === host)) {
      throw new AuthConfigurationError([
        `realm: this application has a second AuthModule with the realm "${realm}". Import the same dynamic module, or give one of them another realm.`,
      ]);
    }
    this.registrations.add(registration);
    const own =
      this.switches.get(realm) ?? new StrategySwitch((request) => this.strategyFor(realm, request));
    this.switches.set(realm, own);
    const held = heldByPassport(realm);
    if (held !== own) own.displaced = held;
    passport.use(realm, own);
  }

  remove(registration: Registration): void {
    this.registrations.delete(registration);
  }

  /**
   * Another strategy under this realm. `took`: it replaced the library's, so AuthGuard(realm) no longer checks
   * revocation. Otherwise the library replaced it.
   */
  rivalOf(realm: string): { readonly strategy: object; readonly took: boolean } | undefined {
    const own = this.switches.get(realm);
    const held = heldByPassport(realm);
    if (held !== own) return held && { strategy: held, took: true };
    return own?.displaced && { strategy: own.displaced, took: false };
  }

  private strategyFor(realm: string, request: object): passport.Strategy | undefined {
    const displaced = this.switches.get(realm)?.displaced;
    // Express sets its application as `app`, Fastify its instance as `server`.
    const application: unknown = Reflect.get(request, 'app') ?? Reflect.get(request, 'server');
    if (typeof application === 'function' || typeof application === 'object') {
      for (const { realm: own, host, strategy } of this.registrations) {
        if (own === realm && isWithin(application, host.httpAdapter?.getInstance()))
          return strategy;
      }
      return displaced;
    }
    // A request without an application, such as one made by hand: it is clear only if there is one strategy.
    const named = [...this.registrations].filter((registration) => registration.realm === realm);
    return named.length === 1 && displaced === undefined ? named[0]?.strategy : undefined;
  }
}

/** Whether a request belongs to this application. Fastify's plugins see instances derived from it. */
function isWithin(application: object | null, instance: unknown): boolean {
  if (application === null || instance === undefined) return false;
  return (
    application === instance || Object.prototype.isPrototypeOf.call(Object(instance), application)
  );
}

function heldByPassport(realm: string): passport.Strategy | undefined {
  const all: unknown = Reflect.get(passport, '_strategies');
  const held: unknown = Reflect.get(Object(all), realm);
  return isStrategy(held) ? held : undefined;
}

function isStrategy(value: unknown): value is passport.Strategy {
  return typeof value === 'object' && value !== null && 'authenticate' in value;
}

/** What passport gets: finds the strategy for a request and acts as it. */
class StrategySwitch extends passport.Strategy {
  /** The strategy that it replaced. It serves applications without an AuthModule of this realm. */
  displaced: passport.Strategy | undefined;

  constructor(readonly choose: (request: object) => passport.Strategy | undefined) {
    super();
  }

  override authenticate(
    this: passport.StrategyCreated<this>,
    ...[request, options]: Parameters<passport.Strategy['authenticate']>
  ): void {
    const chosen = this.choose(request);
    if (chosen === undefined) {
      // Several applications in the process, and the request belongs to none of them: it is denied.
      const refusal = new AuthenticationRefusedException(new Refusal('token_invalid'));
      announceRefusal(refusal, responseTo(request));
      this.error(refusal);
      return;
    }
    // passport made `this` for one request and put its callbacks on it. The chosen strategy answers through
    // them.
    const acting: passport.StrategyCreated<passport.Strategy> = Object.create(chosen);
    acting.success = this.success;
    acting.fail = this.fail;
    acting.error = this.error;
    acting.pass = this.pass;
    acting.redirect = this.redirect;
    acting.authenticate(request, options);
  }
}

/** One for the process, like passport. */
export const strategies = new StrategyRegistry();
