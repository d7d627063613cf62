import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { generateKeyPairSync } from 'node:crypto';
import { AppModule } from '../src/app.module.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** The application on the database of DATABASE_URL. */
export async function startApp(): Promise<INestApplication> {
  process.env['JWT_PRIVATE_KEY'] = privateKey;
  process.env['JWT_PUBLIC_KEY'] = publicKey;
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  return module.createNestApplication().init();
}
