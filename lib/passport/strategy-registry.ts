import type { HttpAdapterHost } from '@nestjs/core';
import passport from 'passport';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import { Refusal } from '../decision/refusal.js';

/** The part of a strategy that passport drives. */
export type DrivenStrategy = passport.Strategy;

/** A strategy with the application it belongs to. */
export interface Registration {
  readonly realm: string;
  readonly host: HttpAdapterHost;
  readonly strategy: DrivenStrategy;
}

/**
 * The strategies of all module instances in this process.
 *
 * `passport` is one object for the whole process, so the last application to register `jwt` would
 * answer for all of them: it would refuse their tokens, or worse, admit its own there. What is
 * registered with passport is therefore a switch that hands each request to the strategy of the
 * application that received it.
 */
class StrategyRegistry {
  private readonly registrations = new Set<Registration>();
  private readonly switches = new Map<string, StrategySwitch>();

  /**
   * A strategy that somebody else has registered under the realm is kept behind the switch, for the
   * applications that have no instance of this module.
   *
   * @throws AuthConfigurationError when this application already has an AuthModule of that realm
   */
  add(registration: Registration): void {
    const { realm, host } = registration;
    if ([...this.registrations].some((other) => other.realm === realm && other.host === host)) {
      throw new AuthConfigurationError([
        `realm: this application has a second AuthModule with the realm "${realm}"; import the same dynamic module, or give one of them another realm.`,
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
   * The strategy of somebody else's under this realm: one that took it from this library, so
   * that AuthGuard(realm) no longer checks revocation, or one that this library took it from.
   */
  rivalOf(realm: string): { readonly strategy: object; readonly took: boolean } | undefined {
    const own = this.switches.get(realm);
    const held = heldByPassport(realm);
    if (held !== own) return held && { strategy: held, took: true };
    return own?.displaced && { strategy: own.displaced, took: false };
  }

  private strategyFor(realm: string, request: object): DrivenStrategy | undefined {
    const displaced = this.switches.get(realm)?.displaced;
    // Express puts its application at `app`, Fastify its instance at `server`.
    const application: unknown = Reflect.get(request, 'app') ?? Reflect.get(request, 'server');
    if (typeof application === 'function' || typeof application === 'object') {
      for (const { realm: own, host, strategy } of this.registrations) {
        if (own === realm && isWithin(application, host.httpAdapter?.getInstance()))
          return strategy;
      }
      return displaced;
    }
    // A request that names no application, such as one made by hand: only one can be meant.
    const named = [...this.registrations].filter((registration) => registration.realm === realm);
    return named.length === 1 && displaced === undefined ? named[0]?.strategy : undefined;
  }
}

/** Whether a request's application is this one; Fastify's plugins see instances derived from it. */
function isWithin(application: object | null, instance: unknown): boolean {
  if (application === null || instance === undefined) return false;
  return (
    application === instance || Object.prototype.isPrototypeOf.call(Object(instance), application)
  );
}

function heldByPassport(realm: string): DrivenStrategy | undefined {
  const all: unknown = Reflect.get(passport, '_strategies');
  const held: unknown = Reflect.get(Object(all), realm);
  return isStrategy(held) ? held : undefined;
}

function isStrategy(value: unknown): value is DrivenStrategy {
  return typeof value === 'object' && value !== null && 'authenticate' in value;
}

/** What passport sees: finds the strategy that is meant, and stands in for it. */
class StrategySwitch extends passport.Strategy {
  /** Whose place it took; serves applications that have no instance of this module. */
  displaced: DrivenStrategy | undefined;

  constructor(readonly choose: (request: object) => DrivenStrategy | undefined) {
    super();
  }

  override authenticate(
    this: passport.StrategyCreated<this>,
    ...[request, options]: Parameters<DrivenStrategy['authenticate']>
  ): void {
    const chosen = this.choose(request);
    if (chosen === undefined) {
      // Several applications in the process, and none of them owns this request: unknown is denied.
      this.error(new AuthenticationRefusedException(new Refusal('token_invalid')));
      return;
    }
    // passport made `this` for the one request and hung its answers on it; the strategy that is meant
    // answers through the same ones.
    const acting: passport.StrategyCreated<DrivenStrategy> = Object.create(chosen);
    acting.success = this.success;
    acting.fail = this.fail;
    acting.error = this.error;
    acting.pass = this.pass;
    acting.redirect = this.redirect;
    acting.authenticate(request, options);
  }
}

/** One for the process, as passport is. */
export const strategies = new StrategyRegistry();
