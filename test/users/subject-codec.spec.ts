/**
 * Every type of id on every database: what the column cannot hold is 401 and makes no query; what it
 * can hold finds exactly its own account, whatever the collation.
 */
import { Controller, Get, type Type, UseGuards } from '@nestjs/common';
import {
  AuthModule,
  AuthService,
  authToken,
  CurrentUser,
  JwtAuthGuard,
  type Principal,
} from 'nestjs-revocable-jwt';
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StateQuery } from '../../lib/freshness/state-query.js';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import { type DatabaseKind, describeOnDatabases } from '../support/databases.js';
import { forge } from '../support/tokens.js';

interface Holder {
  id: unknown;
}

/** A type of id, where it exists, and what it can and cannot hold. */
interface IdType {
  readonly what: string;
  readonly on: readonly DatabaseKind[];
  readonly column: EntitySchemaColumnOptions;
  /** Ids of accounts; each is found by exactly its text. */
  readonly held: readonly string[];
  /** What could be there and is not: the database is asked, and nobody is found. */
  readonly absent: readonly string[];
  /** What cannot be there: the database is not asked. */
  readonly impossible: readonly string[];
}

const ALL: readonly DatabaseKind[] = ['sqlite', 'postgres', 'mariadb'];
const SERVERS: readonly DatabaseKind[] = ['postgres', 'mariadb'];
const NO_INTEGERS = [
  '007',
  '+7',
  '-0',
  '7.0',
  '7.5',
  '1abc',
  'abc1',
  '1e3',
  '0x7',
  ' 7',
  '7 ',
  '7\n',
  '٧',
  'NaN',
  'Infinity',
  'null',
  "7'",
  '7 OR 1=1',
  'true',
  '9'.repeat(40),
];
const UUIDS = [
  '0f8fad5b-d9cb-469f-a165-70867728950e',
  '7c9e6679-7425-40de-944b-e07fc1f90ae7',
] as const;
const NO_TEXTS = ['a\0b', '\0', 'a\ud800', '\udc00b', 'x'.repeat(256), 'x'.repeat(300)];

const TYPES: readonly IdType[] = [
  {
    what: '32-bit integers',
    on: SERVERS,
    column: { type: 'int', primary: true },
    held: ['7', '-7', '0', '2147483647', '-2147483648'],
    absent: ['8', '1'],
    impossible: [...NO_INTEGERS, '2147483648', '-2147483649', '9999999999', '9223372036854775808'],
  },
  {
    what: 'integers of SQLite',
    on: ['sqlite'],
    column: { type: 'integer', primary: true },
    held: ['7', '-7', '0', '9007199254740991'],
    absent: ['8', '9999999999'],
    impossible: [...NO_INTEGERS, '9223372036854775808', '-9223372036854775809'],
  },
  {
    what: 'small integers',
    on: SERVERS,
    column: { type: 'smallint', primary: true },
    held: ['7', '32767', '-32768'],
    absent: ['8'],
    impossible: [...NO_INTEGERS, '32768', '-32769', '2147483647'],
  },
  {
    what: '64-bit integers',
    on: SERVERS,
    column: { type: 'bigint', primary: true },
    held: ['7', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
    absent: ['9007199254740992', '9007199254740994'],
    impossible: [
      ...NO_INTEGERS,
      '9223372036854775808',
      '-9223372036854775809',
      '18446744073709551615',
    ],
  },
  {
    what: 'unsigned 64-bit integers',
    on: ['mariadb'],
    column: { type: 'bigint', primary: true, unsigned: true },
    held: ['7', '18446744073709551615'],
    absent: ['18446744073709551614'],
    impossible: [...NO_INTEGERS, '-1', '18446744073709551616'],
  },
  {
    what: 'UUIDs',
    on: ALL,
    column: { type: 'uuid', primary: true, generated: 'uuid' },
    held: [...UUIDS],
    absent: ['00000000-0000-0000-0000-000000000000'],
    impossible: [
      UUIDS[0].toUpperCase(),
      UUIDS[0].replaceAll('-', ''),
      `{${UUIDS[0]}}`,
      `urn:uuid:${UUIDS[0]}`,
      `${UUIDS[0]} `,
      `${UUIDS[0]}\n`,
      UUIDS[0].slice(1),
      '7',
      'x',
      '٧'.repeat(36),
    ],
  },
  {
    what: 'texts',
    on: ALL,
    column: { type: 'varchar', length: 255, primary: true },
    held: ['alice', 'Ünïcode', '007', "o'hara", '"quoted"', 'x'.repeat(255), '👩‍🚀', 'a b', '日本'],
    absent: [
      'ALICE',
      'Alice',
      'alice ',
      ' alice',
      'alice\t',
      'Unicode',
      'unicode',
      'alicé',
      '7',
      '7.0',
      'ａlice',
      '日',
      '%',
      'a_ice',
    ],
    impossible: NO_TEXTS,
  },
  {
    what: 'short texts',
    on: SERVERS,
    column: { type: 'varchar', length: 5, primary: true },
    held: ['alice', '😀😀😀😀😀'],
    absent: ['ALICE', 'alic', 'bob'],
    impossible: [...NO_TEXTS, 'alices', 'alice ', '😀😀😀😀😀😀'],
  },
  {
    what: 'texts in Latin-1',
    on: ['mariadb'],
    column: {
      type: 'varchar',
      length: 60,
      primary: true,
      charset: 'latin1',
      collation: 'latin1_swedish_ci',
    },
    held: ['alice', 'Jürgen', 'straße'],
    absent: ['ALICE', 'jurgen', 'strasse', 'alice ', '?'],
    impossible: [...NO_TEXTS, '😀', 'alice😀', '日本', 'Ω'],
  },
];

const nameOf = (index: number) => `holder-${index}`;

/** The one route of one instance of the module. */
function controllerOf(name: string): Type {
  @Controller(name)
  @UseGuards(JwtAuthGuard.for(name))
  class HolderController {
    @Get()
    who(@CurrentUser() { subject, userId }: Principal) {
      return { subject, userId };
    }
  }
  return HolderController;
}

/** With a secret that the tests know, to forge tokens with. */
const { deriveKeyFrom: _, ...common } = authOptions().jwt;
const options = {
  jwt: { ...common, secret: 'Jq3v9xT6Wm1Zr8Lk5Np2Bs7Hd4Gf0YcQ' },
};

describeOnDatabases((kind) => {
  const types = TYPES.filter(({ on }) => on.includes(kind)).map((type, index) => {
    const name = nameOf(index);
    const schema = new EntitySchema<Holder>({ name, columns: { id: type.column } });
    return { ...type, name, schema };
  });
  const statements = vi.spyOn(StateQuery.prototype, 'statement');
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({
      kind,
      entities: types.map(({ schema }) => Object(schema)),
      controllers: types.map(({ name }) => controllerOf(name)),
      imports: types.map(({ name, schema }) =>
        AuthModule.forRoot({ ...options, realm: name, user: { entity: schema, createdAt: false } }),
      ),
    });
  });
  afterAll(() => app.close());

  describe.each(types)('$what', ({ name, schema, held, absent, impossible }) => {
    let token: string;
    beforeAll(async () => {
      await app.dataSource.getRepository(schema).insert(held.map((id) => ({ id })));
      const auth = app.app.get<AuthService>(authToken(AuthService, name));
      token = (await auth.signIn({ id: held[0] })).accessToken;
    });
    const ask = async (sub: unknown) => {
      statements.mockClear();
      const { status, body } = await app.get(name, forge(token, options, { claims: { sub } }));
      return { status, body, queries: statements.mock.calls.length };
    };

    it('finds each account by its own id', async () => {
      for (const id of held) {
        const found = { status: 200, body: { subject: id, userId: id }, queries: 1 };
        expect({ id, ...(await ask(id)) }).toEqual({ id, ...found });
      }
    });

    it('finds nobody by a similar text that is not an account’s id', async () => {
      for (const id of absent) {
        const { status, body, queries } = await ask(id);
        const code: unknown = body.code;
        expect({ id, status, code, queries }).toEqual({
          id,
          status: 401,
          code: 'account_deleted',
          queries: 1,
        });
      }
    });

    it('what it cannot hold is 401, and makes no query', async () => {
      for (const sub of [...impossible, '']) {
        const { status, queries } = await ask(sub);
        expect({ sub, status, queries }).toEqual({ sub, status: 401, queries: 0 });
      }
    });

    it('a value that is not text makes no query either', async () => {
      for (const sub of [undefined, null, 7, 7.5, true, {}, [], ['7'], { toString: '7' }]) {
        const { status, queries } = await ask(sub);
        expect({ sub, status, queries }).toEqual({ sub, status: 401, queries: 0 });
      }
    });

    it('for many ids at once, each gets its own answer', async () => {
      const subjects = [...held, ...absent, ...impossible];
      const answers = await Promise.all(
        subjects.map(async (sub) => ({
          sub,
          status: (await app.get(name, forge(token, options, { claims: { sub } }))).status,
        })),
      );
      expect(answers).toEqual(
        subjects.map((sub) => ({ sub, status: held.includes(sub) ? 200 : 401 })),
      );
    });
  });
});
