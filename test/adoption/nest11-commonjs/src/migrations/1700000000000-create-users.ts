import { hash } from 'bcryptjs';
import { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "users" (
      "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      "email" varchar NOT NULL UNIQUE,
      "passwordHash" varchar NOT NULL,
      "role" varchar NOT NULL DEFAULT 'customer',
      "active" boolean NOT NULL DEFAULT 1,
      "refreshTokenHash" varchar,
      "createdAt" datetime NOT NULL DEFAULT (datetime('now'))
    )`);
    await queryRunner.query(`CREATE TABLE "account_events" (
      "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      "userId" integer NOT NULL,
      "type" varchar NOT NULL
    )`);
    await queryRunner.query(
      `INSERT INTO "users" ("email", "passwordHash", "role") VALUES ('admin@shop.example', ?, 'admin')`,
      [await hash(process.env.ADMIN_PASSWORD ?? 'admin-password', 10)],
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "account_events"');
    await queryRunner.query('DROP TABLE "users"');
  }
}
