import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import {
  AuthException,
  AuthUnavailableException,
  type RefusalBody,
  RevocationError,
} from 'nestjs-revocable-jwt';
import { isOutage } from '../database/outage.js';
import { AppRefusal, invalidRequest, notFound } from './refusals.js';

/** The library's body, with the codes of this application too. */
interface ErrorBody extends Omit<RefusalBody, 'code'> {
  readonly code: string;
}

/** The answer to an error. */
export interface ErrorAnswer {
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the error is unexpected, and so belongs in the log. */
  readonly unexpected: boolean;
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  404: 'not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** One shape for every error. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof AuthException || error instanceof AppRefusal) {
    return { body: bodyOf(error), headers: error.headers, unexpected: false };
  }
  if (error instanceof RevocationError) return errorAnswer(refusalOf(error));
  if (isOutage(error)) return errorAnswer(new AuthUnavailableException(error));
  const status = error instanceof HttpException ? error.getStatus() : clientStatus(error);
  if (status !== undefined) return plain(status);
  return { ...plain(500), unexpected: true };
}

/** Messages of Nest and of the body parsers may quote the request, and so a password. These do not. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'The body or the path is malformed.',
  404: 'There is no such route.',
  413: 'The body is too large.',
  415: 'The body must be application/json.',
  500: 'The server failed.',
};

function plain(status: number): ErrorAnswer {
  const error = STATUS_CODES[status] ?? 'Error';
  const code = CODES[status] ?? error.toLowerCase().replaceAll(/[^a-z]+/g, '_');
  const message = MESSAGES[status] ?? 'The request cannot be answered.';
  return { body: { statusCode: status, error, code, message }, headers: {}, unexpected: false };
}

function bodyOf(exception: AuthException | AppRefusal): ErrorBody {
  const body = exception.getResponse();
  const { error = '', code = '', message = '' }: Partial<ErrorBody> = Object(body);
  return { statusCode: exception.getStatus(), error, code, message };
}

function refusalOf(error: RevocationError): AppRefusal {
  return error.code === 'unknown_user' ? notFound('user') : invalidRequest(error.message);
}

/** The body parsers of Express and Fastify throw their own errors, with a status. */
function clientStatus(error: unknown): number | undefined {
  const status: unknown =
    error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
