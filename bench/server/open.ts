import { type CanActivate, Injectable } from '@nestjs/common';
import { controllerBehind } from './controller.js';
import type { Server } from './server.js';

/** What Nest itself takes to ask a guard. */
@Injectable()
class NoopGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** Nobody is asked for anything. */
export function openServer(kind: 'none' | 'noop'): Server {
  return {
    metadata: {
      controllers: [kind === 'noop' ? controllerBehind(NoopGuard) : controllerBehind()],
      providers: [NoopGuard],
    },
    // As long as the tokens of the others: headers are read before any guard.
    tokens: async (count) => Array.from({ length: count }, () => 'x'.repeat(500)),
  };
}
