import { hash } from 'bcryptjs';
import { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1700000000000 implements MigrationInterface {
  name = 'CreateUsers1700000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "users" (
      "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      "email" varchar NOT NULL UNIQUE,
      "passwordHash" varchar NOT NULL,
      "roles" text NOT NULL,
      "createdAt" datetime NOT NULL DEFAULT (datetime('now'))
    )`);
    await queryRunner.query(`CREATE TABLE "refresh_tokens" (
      "hash" varchar PRIMARY KEY NOT NULL,
      "userId" integer NOT NULL
    )`);
    await queryRunner.query(
      `INSERT INTO "users" ("email", "passwordHash", "roles") VALUES ('admin@notes.example', ?, '["admin"]')`,
      [await hash(process.env.ADMIN_PASSWORD ?? 'admin-password', 10)],
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "refresh_tokens"');
    await queryRunner.query('DROP TABLE "users"');
  }
}
