import type { INestApplication } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from './start-app.js';

describe('papers-api', () => {
  let app: INestApplication;
  let editor: string;
  beforeAll(async () => {
    app = await startApp();
    editor = (await login('editor@papers.example', 'editor-password').expect(200)).body.accessToken;
  });
  afterAll(() => app.close());

  const http = () => request(app.getHttpServer());
  const login = (email: string, password: string) =>
    http().post('/auth/login').send({ email, password });
  const refresh = (refreshToken: unknown) => http().post('/auth/refresh').send({ refreshToken });
  const me = (token: string) => http().get('/me').set('Authorization', `Bearer ${token}`);
  const asEditor = (method: 'put' | 'delete', path: string) =>
    http()[method](path).set('Authorization', `Bearer ${editor}`);
  const author = async () => {
    const email = `${randomUUID()}@papers.example`;
    const { body } = await http()
      .post('/register')
      .send({ email, password: 'password' })
      .expect(201);
    const tokens = (await login(email, 'password').expect(200)).body;
    return { id: body.id as string, email, tokens };
  };

  it('says who is logged in', async () => {
    const { id, email, tokens } = await author();
    expect((await me(tokens.accessToken).expect(200)).body).toEqual({ id, email });
  });

  it('refuses no token, one that was changed, and a refresh token', async () => {
    const { tokens } = await author();
    await http().get('/me').expect(401);
    await me(`${tokens.accessToken}x`).expect(401);
    await me(tokens.refreshToken).expect(401);
    await login('editor@papers.example', 'wrong').expect(401);
  });

  it('gives new tokens for a refresh token', async () => {
    const { tokens } = await author();
    const next = await refresh(tokens.refreshToken).expect(200);
    await me(next.body.accessToken).expect(200);
    await refresh(tokens.accessToken).expect(401);
    await refresh('nonsense').expect(401);
  });

  it('lets only editors lock accounts, which cannot log in then', async () => {
    const [one, other] = [await author(), await author()];
    await http()
      .put(`/users/${other.id}/lock`)
      .set('Authorization', `Bearer ${one.tokens.accessToken}`)
      .expect(403);
    await asEditor('put', `/users/${one.id}/lock`).expect(204);
    await login(one.email, 'password').expect(401);
    await refresh(one.tokens.refreshToken).expect(401);
    await login(other.email, 'password').expect(200);
  });

  it('removes accounts', async () => {
    const { id, email, tokens } = await author();
    await asEditor('delete', `/users/${id}`).expect(204);
    await login(email, 'password').expect(401);
    await refresh(tokens.refreshToken).expect(401);
    await asEditor('delete', `/users/${id}`).expect(404);
  });
});
