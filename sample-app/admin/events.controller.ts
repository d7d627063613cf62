import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Roles } from 'nestjs-revocable-jwt';
import type { AuditDetail, AuditEvent } from '../audit/audit-event.entity.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { NeedsRole, Summary } from '../http/documented.js';
import { EventsQuery } from './admin.requests.js';

export class EventView {
  @ApiProperty({ format: 'date-time' })
  readonly at: Date;
  @ApiProperty()
  readonly type: string;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The account that the event is about.',
  })
  readonly userId: string | null;
  @ApiProperty({ type: String, nullable: true })
  readonly sessionId: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The account that caused the event.' })
  readonly actorId: string | null;
  @ApiProperty({ type: String, nullable: true })
  readonly reason: string | null;
  @ApiProperty({ type: Object, nullable: true })
  readonly detail: AuditDetail | null;

  constructor({ at, type, userId, sessionId, actorId, reason, detail }: AuditEvent) {
    this.at = at;
    this.type = type;
    this.userId = userId;
    this.sessionId = sessionId;
    this.actorId = actorId;
    this.reason = reason;
    this.detail = detail;
  }
}

@Roles('admin')
@ApiTags('admin')
@Controller('admin/events')
export class EventsController {
  constructor(@Inject(AuditTrail) private readonly trail: AuditTrail) {}

  @Get()
  @Summary('The audit trail, the newest first.')
  @ApiOkResponse({ type: EventView, isArray: true, description: 'Newest first.' })
  @NeedsRole({ 400: ['invalid_request'] })
  async list(@Query() query: EventsQuery): Promise<EventView[]> {
    return (await this.trail.newest(query)).map((event) => new EventView(event));
  }
}
