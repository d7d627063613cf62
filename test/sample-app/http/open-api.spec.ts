/** The OpenAPI document, by the rules of Redocly: `npm run check:openapi`. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningApp } from '../support/running-app.js';
import { describeOnAdapters } from '../support/targets.js';

/** With them, every route is there. */
const ENVIRONMENT = {
  AUTH_ISSUER: 'http://127.0.0.1:3000',
  AUTH_OAUTH_CLIENT_SECRET: 'Jw2xT8mQ0vLc5Bn7Rk4Yp1Zd6Hs9Gf3A',
};

/** Routes without a 4xx answer, which Redocly warns of, rightly so elsewhere. In JSON pointers. */
const REFUSE_NOBODY = [
  '/articles',
  '/health/live',
  '/health/ready',
  '/.well-known/jwks.json',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource',
].map((path) => path.replaceAll('/', '~1'));

describeOnAdapters((target) => {
  let app: RunningApp;
  let document: string;
  beforeAll(async () => {
    app = await target.start(ENVIRONMENT);
    ({ text: document } = await app.nobody.get('/docs-json'));
  });
  afterAll(() => app.close());

  it('the document follows every recommended rule of Redocly', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: document, config });
    expect(
      problems.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`).sort(),
    ).toEqual(
      REFUSE_NOBODY.map((path) => `operation-4xx-response #/paths/${path}/get/responses`).sort(),
    );
  });
});
