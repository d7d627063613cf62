import { Inject, Module, type NestModule, RequestMethod, type Type } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';

/** The method of an exclusion from the global prefix that is for every method. Nest writes -1 too. */
const ALL: readonly number[] = [RequestMethod.ALL, -1];

/**
 * The path of a route in the application: below the global prefix, unless that has an exclusion for it. The prefix
 * is known only once the application listens.
 *
 * @param route without a slash at its beginning
 */
export function servedPath(
  config: ApplicationConfig,
  method: RequestMethod,
  route: string,
): string {
  const path = `/${route.replaceAll(/^\/+|\/+$/g, '')}`;
  const prefix = config.getGlobalPrefix().replaceAll(/^\/+|\/+$/g, '');
  const { exclude = [] } = config.getGlobalPrefixOptions();
  const isOutside =
    prefix === '' ||
    exclude.some(
      ({ pathRegex, requestMethod }) =>
        (requestMethod === method || ALL.includes(requestMethod)) && pathRegex.test(path),
    );
  return isOutside ? path : `/${prefix}${path}`;
}

/**
 * A module that keeps routes outside of the global prefix: a standard fixes their paths from the root of the host
 * (RFC 8615 §3). The application may set the prefix and its exclusions until it is initialized. So the module acts
 * when Nest lets modules configure middleware, which is before Nest makes the routes. It also acts when it is created,
 * for an OpenAPI document that is made earlier.
 */
export function outsideGlobalPrefix(routes: readonly string[]): Type<NestModule> {
  @Module({})
  class OutsideGlobalPrefixModule implements NestModule {
    constructor(@Inject(ApplicationConfig) private readonly config: ApplicationConfig) {
      this.configure();
    }

    configure(): void {
      const options = this.config.getGlobalPrefixOptions();
      const { exclude = [] } = options;
      const missing = routes.filter((route) => !exclude.some(({ path }) => path === `/${route}`));
      const added = missing.map((route) => ({
        path: `/${route}`,
        pathRegex: new RegExp(`^/${route.replaceAll('.', String.raw`\.`)}/?$`, 'i'),
        requestMethod: RequestMethod.GET,
      }));
      this.config.setGlobalPrefixOptions({ ...options, exclude: [...exclude, ...added] });
    }
  }
  return OutsideGlobalPrefixModule;
}
