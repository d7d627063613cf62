import { Controller, Get, Inject, type INestApplication, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { AuthHealthIndicator, FreshnessMonitor, type FreshnessStatus } from '../../lib/index.js';
import { send } from '../support/http.js';

const TRACKING: FreshnessStatus = {
  mode: 'tracked',
  isTracking: true,
  ageMs: 40,
  maxStalenessMs: 1_000,
  coverage: new Date(1),
  lastWakeUpAt: new Date(2),
  overlaySize: 3,
  rowsRead: 4,
  logLag: 0,
  problems: [],
};
const STRICT: FreshnessStatus = {
  mode: 'strict',
  isTracking: false,
  ageMs: undefined,
  maxStalenessMs: undefined,
  coverage: undefined,
  lastWakeUpAt: undefined,
  overlaySize: 0,
  rowsRead: 0,
  logLag: 0,
  problems: [],
};
const indicator = (status: FreshnessStatus) =>
  new AuthHealthIndicator(new FreshnessMonitor({ status: () => status }));

describe('the indicator', () => {
  it.each<[string, FreshnessStatus, 'up' | 'down']>([
    ['strict', STRICT, 'up'],
    ['tracking', TRACKING, 'up'],
    ['beyond its lease', { ...TRACKING, isTracking: false, ageMs: 4_000 }, 'down'],
    ['without a trigger', { ...TRACKING, problems: ['there is no trigger'] }, 'down'],
    ['strict with a problem', { ...STRICT, problems: ['something'] }, 'down'],
  ])('%s', (_, status, expected) => {
    expect(indicator(status).check('auth')).toEqual({
      auth: expect.objectContaining({ status: expected, mode: status.mode, ageMs: status.ageMs }),
    });
  });

  it('may report strict decisions as healthy, but never a problem', () => {
    const strictly = { ...TRACKING, isTracking: false };
    const options = { requireTracking: false };
    expect(indicator(strictly).check('auth', options).auth.status).toBe('up');
    const broken = { ...strictly, problems: ['there is no trigger'] };
    expect(indicator(broken).check('auth', options).auth.status).toBe('down');
  });
});

describe('in a check of terminus', () => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  it.each<[FreshnessStatus, number, string]>([
    [TRACKING, 200, 'ok'],
    [{ ...TRACKING, isTracking: false }, 503, 'error'],
  ])('is reported with all that it knows', async (status, code, expected) => {
    @Controller('health')
    class HealthController {
      constructor(
        @Inject(HealthCheckService) private readonly health: HealthCheckService,
        @Inject(AuthHealthIndicator) private readonly auth: AuthHealthIndicator,
      ) {}

      @Get()
      @HealthCheck()
      check() {
        return this.health.check([() => this.auth.check()]);
      }
    }
    @Module({
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [{ provide: AuthHealthIndicator, useValue: indicator(status) }],
    })
    class App {}
    const testing = await Test.createTestingModule({ imports: [App] }).compile();
    app = testing.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const answer = await send(`${await app.getUrl()}/health`);
    expect(answer.status).toBe(code);
    expect(answer.body).toMatchObject({
      status: expected,
      details: {
        auth: {
          mode: 'tracked',
          isTracking: status.isTracking,
          ageMs: 40,
          maxStalenessMs: 1_000,
          coverage: '1970-01-01T00:00:00.001Z',
          lastWakeUpAt: '1970-01-01T00:00:00.002Z',
          overlaySize: 3,
          problems: [],
        },
      },
    });
  });
});
