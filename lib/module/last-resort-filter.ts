import type { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { AuthExceptionFilter } from '../transport/auth-exception.filter.js';

/**
 * Registers the library's exception filter so that it loses to every filter of the application.
 *
 * Nest asks method filters first, then those of the class, then global ones, the last registered first. It
 * registers `APP_FILTER` in the order of its modules, so the library's would win over one of the root module.
 * Here it becomes the first of all: providers are made before Nest registers any `APP_FILTER`, and before
 * the application can call `app.useGlobalFilters()`.
 */
export function addLastResortFilter(config: ApplicationConfig, host: HttpAdapterHost): void {
  // The live list. A factory of the application may have registered a filter already.
  const filters = config.getGlobalFilters();
  if (filters.some((filter) => filter instanceof AuthExceptionFilter)) return;
  filters.unshift(new AuthExceptionFilter(host));
}
