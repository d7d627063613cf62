import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningApp } from '../support/running-app.js';
import { describeOnAdapters } from '../support/targets.js';

/** What browsers are served. */
describeOnAdapters((target) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await target.start();
  });
  afterAll(() => app.close());

  it('the console: a page whose scripts and styles are files, as its policy demands', async () => {
    const { status, headers, text } = await app.nobody.get('/');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(text).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|style=/);
    const files = [...text.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(
      ([, path]) => path,
    );
    expect(files.sort()).toEqual(['/console.css', '/console.js']);
    for (const path of files) {
      const file = await app.nobody.get(String(path));
      expect([file.status, file.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
      expect(file.headers.get('content-type')).toContain(
        path?.endsWith('.js') ? 'javascript' : 'css',
      );
    }
  });

  it('no header names Express, and no other site can frame a page', async () => {
    const { headers } = await app.nobody.get('/articles');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
  });

  it('the OpenAPI document knows every route and the codes it refuses with', async () => {
    const { status, body } = await app.nobody.get('/docs-json');
    expect(status).toBe(200);
    const paths: Record<
      string,
      Record<string, { responses: Record<string, { description: string }> }>
    > = Object(body['paths']);
    expect(Object.keys(paths).sort()).toEqual([
      '/.well-known/jwks.json',
      '/admin/events',
      '/admin/revoke-all',
      '/admin/sessions/{id}',
      '/admin/tokens/revoke',
      '/admin/users',
      '/admin/users/{id}',
      '/admin/users/{id}/logout',
      '/admin/users/{id}/reset-subject',
      '/admin/users/{id}/sessions',
      '/articles',
      '/articles/{id}',
      '/auth/login',
      '/auth/logout',
      '/auth/logout-all',
      '/auth/password',
      '/auth/refresh',
      '/auth/register',
      '/auth/sessions',
      '/auth/sessions/{id}',
      '/auth/token',
      '/auth/whoami',
      '/health/live',
      '/health/ready',
      '/me',
    ]);
    const { responses } = paths['/admin/users/{id}']?.['patch'] ?? { responses: {} };
    expect(responses['401']?.description).toContain('account_disabled');
    expect(responses['403']?.description).toContain('insufficient_role');
    expect(responses['404']?.description).toBe('not_found');
  });

  it('the documentation page runs under the same policy', async () => {
    const { status, text } = await app.nobody.get('/docs');
    expect(status).toBe(200);
    expect(text).not.toMatch(/<script(?![^>]*src=)/);
    for (const file of ['swagger-ui-init.js', 'swagger-ui-bundle.js', 'swagger-ui.css']) {
      expect((await app.nobody.get(`/docs/${file}`)).status).toBe(200);
    }
  });

  it('no public key if the secret is shared', async () => {
    expect((await app.nobody.get('/.well-known/jwks.json')).body).toEqual({ keys: [] });
  });
});
