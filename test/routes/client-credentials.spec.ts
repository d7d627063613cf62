/** HTTP Basic in both readings: as curl sends it (RFC 7617), and form-encoded first (RFC 6749 §2.3.1). */
import { describe, expect, it } from 'vitest';
import { OAuthClients } from '../../lib/routes/oauth/clients.js';

const REST = 'x'.repeat(32);
const formEncoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');

function authenticated(configured: { id: string; secret: string }, id: string, secret: string) {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  return new OAuthClients([configured]).authenticate({ authorization, form: {} });
}

describe.each(['+', '%', '%41', '%2B', '%zz', ' ', ':', '100% +plus', 'ü'])('a %s', (special) => {
  const secret = `${special}${REST}`;

  it('in the secret: both readings, and nothing else', () => {
    const client = { id: 'billing', secret };
    expect(authenticated(client, 'billing', secret)).toEqual({ id: 'billing' });
    expect(authenticated(client, 'billing', formEncoded(secret))).toEqual({ id: 'billing' });
    for (const wrong of ['', REST, `${secret}x`, `A${REST}`, formEncoded(formEncoded(secret))]) {
      if (wrong === formEncoded(secret)) continue;
      expect(authenticated(client, 'billing', wrong), wrong).toBe('invalid_client');
    }
  });

  it('in the id', () => {
    // RFC 6749 appendix A.1 knows no others; RFC 7617 §2 ends the id at the first colon.
    const id = special.replaceAll(/[:ü]/g, '-');
    const client = { id, secret };
    expect(authenticated(client, id, secret)).toEqual({ id });
    expect(authenticated(client, formEncoded(id), formEncoded(secret))).toEqual({ id });
    expect(authenticated(client, `${id}-`, secret)).toBe('invalid_client');
  });
});

it('of two clients whose ids are two readings of one text, each has its own secret', () => {
  const clients = new OAuthClients([
    { id: 'a+b', secret: `1${REST}` },
    { id: 'a b', secret: `2${REST}` },
  ]);
  const as = (secret: string, form: Record<string, string> = {}) =>
    clients.authenticate({
      authorization: `Basic ${Buffer.from(`a+b:${secret}`).toString('base64')}`,
      form,
    });
  expect(as(`1${REST}`)).toEqual({ id: 'a+b' });
  expect(as(`2${REST}`)).toEqual({ id: 'a b' });
  expect(as(`3${REST}`)).toBe('invalid_client');
  // The form says which one is meant.
  expect(as(`1${REST}`, { client_id: 'a+b' })).toEqual({ id: 'a+b' });
  expect(as(`1${REST}`, { client_id: 'a b' })).toBe('invalid_client');
  expect(as(`1${REST}`, { client_id: 'c' })).toBe('invalid_request');
});

it.each<[string, object, boolean, unknown]>([
  [
    'an empty secret beside HTTP Basic counts as left out',
    { client_secret: '' },
    true,
    { id: 'a' },
  ],
  ['so does an empty id', { client_id: '' }, true, { id: 'a' }],
  ['an empty id alone is none', { client_id: '', client_secret: REST }, false, 'invalid_client'],
  ['two ids', { client_id: ['a', 'a'], client_secret: REST }, false, 'invalid_request'],
  ['two ids beside HTTP Basic', { client_id: ['a', 'a'] }, true, 'invalid_request'],
  ['two secrets', { client_id: 'a', client_secret: [REST, REST] }, false, 'invalid_request'],
  ['two secrets beside HTTP Basic', { client_secret: [REST, REST] }, true, 'invalid_request'],
  ['a nested secret', { client_id: 'a', client_secret: { a: REST } }, false, 'invalid_request'],
])('RFC 6749 §3.2: %s', (_, form, isBasic, expected) => {
  const clients = new OAuthClients([{ id: 'a', secret: REST }]);
  const authorization = isBasic
    ? `Basic ${Buffer.from(`a:${REST}`).toString('base64')}`
    : undefined;
  expect(clients.authenticate({ authorization, form: { ...form } })).toEqual(expected);
});
