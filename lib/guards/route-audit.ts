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

/** The metadata with which Nest 11 and 12 mark routes and message handlers. */
const ROUTE_METADATA = 'path';
const MESSAGE_METADATA = 'microservices:pattern';

type Controller = ReturnType<DiscoveryService['getControllers']>[number];

/**
 * Checks all controllers at boot. The application does not start when an element contradicts itself, or
 * when no guard enforces what a route requires. The check also makes and caches each route's rule.
 */
@Injectable()
export class RouteAudit implements OnApplicationBootstrap {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
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
    // Controllers with one base class repeat its problems.
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
    for (const name of new MetadataScanner().getAllMethodNames(target.prototype)) {
      const method: object = target.prototype[name];
      const isMessage = Reflect.hasMetadata(MESSAGE_METADATA, method);
      if (!isMessage && !Reflect.hasMetadata(ROUTE_METADATA, method)) continue;
      const route = `${target.name}.${name}`;

      // Nest gives guards the class from the prototype's `constructor`, and the function from the instance.
      const asSeen: Type = target.prototype.constructor;
      const handler: object = controller.instance?.[name] ?? method;
      const rule = accessRuleOf(target, method);
      if (JSON.stringify(accessRuleOf(asSeen, handler)) !== JSON.stringify(rule)) {
        yield `${route} looks different to a guard: a mixin replaced the "constructor" of its prototype, or its constructor replaced the method. Leave both unchanged.`;
      }

      if (
        rule.freshness === 'strict' &&
        !everywhere.freshness &&
        !enforcedBy('freshness', target, handler)
      ) {
        yield `${route} requires strict freshness, but no guard enforces it: AuthGuard('jwt') does not. Add @UseGuards(JwtAuthGuard) to it or to its class, or set globalGuard in AuthModule.forRoot().`;
      }

      if (
        rule.maxAuthAge !== undefined &&
        !(everywhere.freshAuth && !(isMessage && this.isHybrid())) &&
        !enforcedBy('freshAuth', target, handler)
      ) {
        yield `${route} requires a recent sign-in (@FreshAuth), but no guard enforces it: AuthGuard('jwt') alone does not. Add @UseGuards(JwtAuthGuard) to it or to its class, or RolesGuard after AuthGuard('jwt'), or set globalGuard in AuthModule.forRoot().`;
      }

      if (!asksForRoles(rule) || enforcedBy('roles', target, handler)) continue;
      if (everywhere.roles && !(isMessage && this.isHybrid())) continue;
      yield isMessage
        ? `${route} requires roles or permissions, but it handles messages, and global guards of a hybrid application do not run for messages. Add @UseGuards(JwtRolesGuard) to it or to its class. It denies every message until registerTransport() was called for their transport.`
        : `${route} requires roles or permissions, but no guard enforces them. Add @UseGuards(JwtRolesGuard) to it or to its class, or set globalGuard in AuthModule.forRoot(). If your own guard enforces them, mark it with @EnforcesRoles().`;
    }
  }

  /** Whether global guards belong to the HTTP application alone, unless `inheritAppConfig` is set. */
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
      // The class itself, which was checked above.
      if (name === 'constructor') continue;
      if (contradicts(declaredAt(prototype, name))) {
        yield contradiction(`${nameOf(prototype.constructor)}.${name}`);
      }
    }
  }
}

function contradiction(element: string): string {
  return `${element} contradicts itself: it can have only one of @Public, @OptionalAuth, and requirements (@Roles, @AllRoles, @Permissions, @FreshAuth). Remove the others.`;
}

function nameOf(target: object): string {
  return typeof target === 'function' && target.name !== ''
    ? target.name
    : 'A class without a name';
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && typeof metatype.prototype === 'object';
}
