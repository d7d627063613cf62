import { hash } from 'bcryptjs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE users (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      email varchar NOT NULL UNIQUE,
      password_hash varchar NOT NULL,
      roles text[] NOT NULL DEFAULT '{}',
      account_status varchar NOT NULL DEFAULT 'active',
      created_at timestamptz NOT NULL DEFAULT now(),
      deleted_at timestamptz
    )`);
    await queryRunner.query(
      `INSERT INTO users (email, password_hash, roles) VALUES ('editor@papers.example', $1, '{editor}')`,
      [await hash('editor-password', 10)],
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE users');
  }
}
