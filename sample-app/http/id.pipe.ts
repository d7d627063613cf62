import { Injectable, type PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { notFound } from './refusals.js';

/** An id in a path. All ids are UUIDs. Anything else gets 404, without a query. */
@Injectable()
export class IdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value === 'string' && isUUID(value)) return value.toLowerCase();
    throw notFound('resource');
  }
}
