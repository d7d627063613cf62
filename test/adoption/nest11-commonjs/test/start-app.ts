import { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initializeTransactionalContext } from 'typeorm-transactional';
import { AppModule } from '../src/app.module';

/** The application with an empty database. */
export async function startApp(): Promise<INestApplication> {
  initializeTransactionalContext();
  process.env.JWT_SECRET = randomBytes(32).toString('base64url');
  process.env.JWT_REFRESH_SECRET = randomBytes(32).toString('base64url');
  process.env.DATABASE_FILE = join(mkdtempSync(join(tmpdir(), 'shop-')), 'test.sqlite');
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  return module.createNestApplication().init();
}
