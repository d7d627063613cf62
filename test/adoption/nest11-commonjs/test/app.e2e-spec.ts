import { INestApplication } from '@nestjs/common';
import request from 'supertest';
import { startApp } from './start-app';

describe('shop-api', () => {
  let app: INestApplication;
  let admin: string;
  const http = () => request(app.getHttpServer());
  const login = (email: string, password: string) =>
    http().post('/auth/login').send({ email, password });
  const register = async (email: string) => {
    const { body } = await http()
      .post('/auth/register')
      .send({ email, password: 'password' })
      .expect(201);
    return (body as { id: number }).id;
  };
  const get = (path: string, token: string) =>
    http().get(path).set('Authorization', `Bearer ${token}`);

  beforeAll(async () => {
    app = await startApp();
    admin = (await login('admin@shop.example', 'admin-password').expect(200)).body.accessToken;
  });
  afterAll(() => app.close());

  it('says who is logged in', async () => {
    const id = await register('ann@shop.example');
    const { body } = await login('ann@shop.example', 'password').expect(200);
    const me = await get('/auth/me', body.accessToken).expect(200);
    expect(me.body).toEqual({ id, email: 'ann@shop.example', role: 'customer' });
  });

  it('refuses a wrong password', () => login('admin@shop.example', 'wrong').expect(401));

  it('refuses no token, and one that was changed', async () => {
    await http().get('/auth/me').expect(401);
    await get('/auth/me', `${admin}x`).expect(401);
  });

  it('lets only admins see users', async () => {
    await register('bob@shop.example');
    const { body } = await login('bob@shop.example', 'password').expect(200);
    await get('/users', body.accessToken).expect(403);
    const { body: users } = await get('/users', admin).expect(200);
    expect(users).toContainEqual(expect.objectContaining({ email: 'bob@shop.example' }));
  });

  it('takes a refresh token in a header, once', async () => {
    await register('cem@shop.example');
    const { body } = await login('cem@shop.example', 'password').expect(200);
    const refresh = (token: string) => http().post('/auth/refresh').set('X-Refresh-Token', token);
    const next = await refresh(body.refreshToken).expect(200);
    await get('/auth/me', next.body.accessToken).expect(200);
    await refresh(body.refreshToken).expect(401);
    await refresh('').expect(401);
    await http().post('/auth/refresh').expect(401);
  });

  it('does not let a disabled user log in', async () => {
    const id = await register('dan@shop.example');
    const { body } = await login('dan@shop.example', 'password').expect(200);
    await http().post(`/users/${id}/disable`).set('Authorization', `Bearer ${admin}`).expect(204);
    await login('dan@shop.example', 'password').expect(401);
    await http().post('/auth/refresh').set('X-Refresh-Token', body.refreshToken).expect(401);
    const { body: events } = await get(`/users/${id}/events`, admin).expect(200);
    expect(events).toEqual([expect.objectContaining({ type: 'disabled' })]);
  });

  it('keeps the last admin, and writes nothing', async () => {
    const { body } = await get('/auth/me', admin).expect(200);
    await http()
      .post(`/users/${body.id}/disable`)
      .set('Authorization', `Bearer ${admin}`)
      .expect(409);
    await login('admin@shop.example', 'admin-password').expect(200);
    const { body: events } = await get(`/users/${body.id}/events`, admin).expect(200);
    expect(events).toEqual([]);
  });
});
