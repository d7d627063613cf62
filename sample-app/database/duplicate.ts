import { QueryFailedError } from 'typeorm';

const CODES = new Set(['23505', 'ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE']);

/** Whether a statement failed on a unique constraint. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { driverError } = error;
  return (
    'code' in driverError && typeof driverError.code === 'string' && CODES.has(driverError.code)
  );
}
