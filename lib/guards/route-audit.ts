import { Inject, Injectable, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import 'reflect-metadata';
import { asksForRoles } from '../decision/access.js';
import { contradicts, declaredAt, declaredBy } from '../decorators/access-declaration.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { accessRuleOf } from './access-rule.js';
import { classesOf, prototypesOf } from './declared-elements.js';
import { enforcedBy, enforcedGlobally, type Enforcement } from './enforcing-guards.js';

/** Where Nest 11 and 12 keep what makes a method a route or a message handler. */
const ROUTE_METADATA = 'path';
const MESSAGE_METADATA = 'microservices:pattern';

type Controller = ReturnType<DiscoveryService['getControllers']>[number];

/**
 * Goes through all controllers at boot, so that a rule which nobody would keep stops the start: an
 * element that contradicts itself, and a route that asks for roles with no guard to ask for them.
 * On the way it works out each route's rule, once and for all.
 */
@Injectable()
export class RouteAudit implements OnApplicationBootstrap {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** @throws AuthConfigurationError with every problem */
  onApplicationBootstrap(): void {
    const everywhere = {
      roles: enforcedGlobally('roles', this.config, this.discovery),
      freshness: enforcedGlobally('freshness', this.config, this.discovery),
      freshAuth: enforcedGlobally('freshAuth', this.config, this.discovery),
    };
    // Controllers of one base class repeat its problems.
    const problems = new Set<string>();
    for (const controller of this.discovery.getControllers()) {
      if (!isClass(controller.metatype)) continue;
      for (const problem of contradictionsOf(controller.metatype)) problems.add(problem);
      for (const problem of this.problemsOf(controller, controller.metatype, everywhere)) {
        problems.add(problem);
      }
    }
    if (problems.size > 0) {
      throw new AuthConfigurationError([...problems], {
        headline: 'The routes are not protected as declared:',
      });
    }
  }

  private *problemsOf(
    controller: Controller,
    target: Type,
    everywhere: Readonly<Record<Enforcement, boolean>>,
  ): Iterable<string> {
    for (const name of this.scanner.getAllMethodNames(target.prototype)) {
      const method: object = target.prototype[name];
      const isMessage = Reflect.hasMetadata(MESSAGE_METADATA, method);
      if (!isMessage && !Reflect.hasMetadata(ROUTE_METADATA, method)) continue;
      const route = `${target.name}.${name}`;

      // Guards are told the class by the prototype's `constructor`, and the function by the instance.
      const asSeen: Type = target.prototype.constructor;
      const handler: object = controller.instance?.[name] ?? method;
      const rule = accessRuleOf(target, method);
      if (JSON.stringify(accessRuleOf(asSeen, handler)) !== JSON.stringify(rule)) {
        yield `${route} is not what a guard gets to see: a mixin replaced the "constructor" of its prototype, or its constructor replaced the method. Leave both as they are.`;
      }

      if (
        rule.freshness === 'strict' &&
        !everywhere.freshness &&
        !enforcedBy('freshness', target, handler)
      ) {
        yield `${route} asks for strict freshness, and no guard before it knows of that: AuthGuard('jwt') does not. Add @UseGuards(JwtAuthGuard) to it or to its class, or set globalGuard in AuthModule.forRoot().`;
      }

      if (
        rule.maxAuthAge !== undefined &&
        !(everywhere.freshAuth && !(isMessage && this.isHybrid())) &&
        !enforcedBy('freshAuth', target, handler)
      ) {
        yield `${route} asks for a recent sign-in (@FreshAuth), and no guard before it knows of that: AuthGuard('jwt') alone does not. Add @UseGuards(JwtAuthGuard) to it or to its class, or RolesGuard after AuthGuard('jwt'), or set globalGuard in AuthModule.forRoot().`;
      }

      if (!asksForRoles(rule) || enforcedBy('roles', target, handler)) continue;
      if (everywhere.roles && !(isMessage && this.isHybrid())) continue;
      yield isMessage
        ? `${route} asks for roles or permissions, and handles messages, which global guards of a hybrid application do not reach: add @UseGuards(JwtRolesGuard) to it or to its class. It denies every message, for guards know no user there.`
        : `${route} asks for roles or permissions, and no guard before it enforces them: add @UseGuards(JwtRolesGuard) to it or to its class, or set globalGuard in AuthModule.forRoot(). Mark a guard of your own that does so with @EnforcesRoles().`;
    }
  }

  /** Global guards are those of the HTTP application, unless `inheritAppConfig` says otherwise. */
  private isHybrid(): boolean {
    return Boolean(this.adapterHost.httpAdapter);
  }
}

function* contradictionsOf(target: Type): Iterable<string> {
  for (const link of classesOf(target)) {
    if (contradicts(declaredBy(link))) yield contradiction(nameOf(link));
  }
  for (const prototype of prototypesOf(target)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      // The class itself, which was looked at above.
      if (name === 'constructor') continue;
      if (contradicts(declaredAt(prototype, name))) {
        yield contradiction(`${nameOf(prototype.constructor)}.${name}`);
      }
    }
  }
}

function contradiction(element: string): string {
  return `${element} contradicts itself: of @Public, @OptionalAuth and what asks for more (@Roles, @AllRoles, @Permissions, @FreshAuth), one element can have one kind only. Remove the other.`;
}

function nameOf(target: object): string {
  return typeof target === 'function' && target.name !== ''
    ? target.name
    : 'A class without a name';
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && typeof metatype.prototype === 'object';
}
