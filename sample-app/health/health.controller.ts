import { Controller, Get, Inject, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { AuthHealthIndicator, Public } from 'nestjs-revocable-jwt';
import { DataSource } from 'typeorm';
import { PublicSummary } from '../http/documented.js';
import { HealthReportFilter } from './health-report.filter.js';

/** How long the database has to answer; milliseconds. */
const PING_TIMEOUT = 1_000;

@Public()
@ApiTags('health')
@UseFilters(HealthReportFilter)
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(AuthHealthIndicator) private readonly auth: AuthHealthIndicator,
  ) {}

  /** The process runs. It does not check the database, because a restart would not bring a database back. */
  @Get('live')
  @PublicSummary('The process runs.')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** Requests can be answered. */
  @Get('ready')
  @PublicSummary('Requests can be answered.')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.database(), () => this.auth.check('auth')]);
  }

  private async database() {
    return this.indicators
      .check('database')
      .attempt(async () => {
        try {
          await this.dataSource.query('SELECT 1');
        } catch {
          // The driver's message names hosts and users.
          throw new Error('The database does not answer.');
        }
      })
      .withTimeout(PING_TIMEOUT);
  }
}
