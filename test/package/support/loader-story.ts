import 'reflect-metadata';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  AUTH_ENTITIES,
  AuthModule,
  AuthService,
  CurrentUser,
  type Principal,
  RevocationService,
} from 'nestjs-revocable-jwt';
import Database from 'better-sqlite3';
import { Column, CreateDateColumn, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', default: 'active' })
  status!: string;

  @Column({ type: 'integer', default: 0 })
  tokenVersion!: number;

  @CreateDateColumn()
  createdAt!: Date;
}

@Controller()
export class MeController {
  @Get('me')
  me(@CurrentUser() { userId }: Principal) {
    return { userId };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      driver: Database,
      database: ':memory:',
      entities: [User, ...AUTH_ENTITIES],
      synchronize: true,
      retryAttempts: 1,
    }),
    AuthModule.forRoot({
      jwt: {
        secret: 'kz8TB6kQ8e1Jx0kTnEo5mD2vXW3yUq9LrPfGhAsZcVY',
        issuer: 'shop',
        audience: 'shop-api',
      },
      user: { entity: User, status: 'status', tokenVersion: 'tokenVersion' },
      sessions: {},
      routes: {},
      globalGuard: true,
    }),
  ],
  controllers: [MeController],
})
export class AppModule {}

/** Throws unless a revoked token is refused, and the optional peers were found. */
export async function story(): Promise<string> {
  const app: INestApplication = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  try {
    const me = async (token: string) => {
      const { status } = await fetch(`${await app.getUrl()}/me`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return status;
    };
    const user = await app.get(DataSource).getRepository(User).save({});
    const { accessToken } = await app.get(AuthService).signIn(user);
    const before = await me(accessToken);
    await app.get(RevocationService).revokeUser(user.id);
    const after = await me(accessToken);
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const described = paths['/auth/refresh']?.post?.summary ?? 'not described';
    return [before, after, described].join(' ');
  } finally {
    await app.close();
  }
}
