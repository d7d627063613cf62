/**
 * The application that the README adds the library to, as it is before: with a users table that has
 * rows. Paths to texts; the rest of its files are the README's.
 */
export const EXISTING_FILES: Readonly<Record<string, string>> = {
  'src/migrations/1763000000000-create-users.ts': `
    import { hash } from 'argon2';
    import { type MigrationInterface, type QueryRunner } from 'typeorm';

    export class CreateUsers1763000000000 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.query(\`CREATE TABLE "users" (
          "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
          "email" varchar NOT NULL UNIQUE,
          "passwordHash" varchar NOT NULL,
          "roles" text NOT NULL,
          "createdAt" datetime NOT NULL DEFAULT (datetime('now'))
        )\`);
        for (const [name, role] of [['alice', 'user'], ['root', 'admin']]) {
          await runner.query('INSERT INTO "users" ("email", "passwordHash", "roles") VALUES (?, ?, ?)', [
            \`\${name}@example.com\`,
            await hash(\`\${name}-password\`),
            JSON.stringify([role]),
          ]);
        }
      }

      async down(runner: QueryRunner): Promise<void> {
        await runner.query('DROP TABLE "users"');
      }
    }
  `,
  'src/main.ts': `
    import 'reflect-metadata';
    import { NestFactory } from '@nestjs/core';
    import { AppModule } from './app.module.js';

    async function main(): Promise<void> {
      const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
      await app.listen(0, '127.0.0.1');
      console.log(await app.getUrl());
    }
    main().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  `,
  // As \`nest new\` writes it, but that the declarations of packages are checked too.
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      rootDir: 'src',
      outDir: 'dist',
    },
    include: ['src'],
  }),
};
