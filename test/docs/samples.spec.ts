/** The code of the pages compiles, with what an application has around it. */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { codeBlocks } from '../support/code-blocks.js';
import { compile } from './support/compile.js';

const PAGES = readdirSync('docs').filter((name) => name.endsWith('.md'));

const IMPORTS = `
  import { readFileSync } from 'node:fs';
  import {
    BadRequestException, Body, Controller, Delete, Get, type LoggerService, NotFoundException, Post, Req, Res, UseGuards,
  } from '@nestjs/common';
  import { HealthCheck, type HealthCheckService } from '@nestjs/terminus';
  import type { Request, Response as Answer } from 'express';
  import {
    AuthDatabaseError, type AuthHealthIndicator, AuthModule, type AuthModuleOptions, type AuthService,
    AuthUnavailableException, createAuthMigration, CurrentUser, CustomClaims, FreshAuth, type KeyService, Permissions,
    type Principal, Public, RevocationError, type RevocationService, Roles, JwtRolesGuard, type SessionService,
    SignInError, UnknownUserError,
  } from 'nestjs-revocable-jwt';
  import type { DataSource } from 'typeorm';
  import { User } from './user.entity.js';
`;
/** What a fragment takes for granted, by the name that it has there. */
const GIVEN = `
  declare const around: AuthModuleOptions;
  declare const auth: AuthService;
  declare const revocations: RevocationService;
  declare const dataSource: DataSource;
  declare const principal: Principal;
  declare const admin: User;
  declare const user: User;
  declare const id: string;
  declare const passwordHash: string;
  declare const device: string;
  declare const request: Request;
  declare const error: unknown;
  declare const logger: LoggerService;
  declare const response: Answer;
  declare const privateKey: string;
  declare const authOptions: AuthModuleOptions;
  declare const shopClaims: CustomClaims<{ tenant: 'string'; seats: 'number'; groups: 'string[]' }>;
  declare const vault: { read(path: string): Promise<Record<'current' | 'previous', { pem: string; id: string }>> };
  interface Login { email: string; password: string }
`;
/** What a class has whose members a fragment shows. */
const FIELDS = `
  declare readonly auth: AuthService & AuthHealthIndicator;
  declare readonly sessions: SessionService;
  declare readonly health: HealthCheckService;
  declare readonly keys: KeyService;
  declare readonly users: { checked(body: Login): Promise<User> };
  declare readonly passwords: { check(userId: string, password: string): Promise<void> };
`;
const SURROUNDINGS = {
  'user.entity.ts': 'export class User { id = ""; passwordHash = ""; status = ""; }',
  'auth-options.ts':
    'import type { AuthModuleOptions } from "nestjs-revocable-jwt"; export declare const AUTH: AuthModuleOptions;',
};

/** A whole file of what a page shows a part of. */
function fileOf(code: string): string {
  if (/^import /m.test(code)) return code.replace('../auth/', './');
  const isJwt = code.startsWith('jwt: {');
  const filled = code
    .replaceAll(/^\s*\/\/ …$/gm, isJwt ? '...around.jwt,' : '...around,')
    .replaceAll('…,', '...around.jwt,');
  const given = IMPORTS + unless(code, GIVEN);
  if (isJwt) return `${given} export const sample: Partial<AuthModuleOptions> = { ${filled} };`;
  if (filled.startsWith('AuthModule.')) return `${given} ${filled.trimEnd().replace(/,$/, ';')}`;
  if (/^(?:@\w+\([^]*?\)\s+)*(?:export )?class /.test(filled)) return given + filled;
  const fields = unless(code, FIELDS);
  if (/^(?:@|constructor\b)/.test(filled)) {
    return `${given} export class Sample { ${fields} ${filled.replace(': Response', ': Answer')} }`;
  }
  return /\bthis\./.test(filled)
    ? `${given} export class Sample { ${fields} async sample() { ${filled} } }`
    : `${given} ${filled}`;
}

/** The declarations but those of names that the code declares itself. */
function unless(code: string, declarations: string): string {
  const isOwn = (line: string) => {
    const [, name] = /(?:const|readonly) (\w+):/.exec(line) ?? [];
    return name !== undefined && new RegExp(`(?:const|readonly) ${name}\\b`).test(code);
  };
  return declarations
    .split('\n')
    .filter((line) => !isOwn(line))
    .join('\n');
}

it('what the pages show compiles', () => {
  const samples = PAGES.flatMap((name) =>
    codeBlocks('ts', undefined, `docs/${name}`).map((code, index): [string, string] => [
      `${name}.${index + 1}.ts`,
      fileOf(code),
    ]),
  );
  expect(samples.length).toBeGreaterThan(20);
  const problems = compile(
    'docs',
    { ...SURROUNDINGS, ...Object.fromEntries(samples) },
    {
      // A fragment uses little of what is around it; one of them runs in a browser.
      noUnusedLocals: false,
      noUnusedParameters: false,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    },
  );
  expect(problems).toEqual([]);
  // The compiler reads the types of Nest, TypeORM and browsers; on a busy machine that takes its time.
});
