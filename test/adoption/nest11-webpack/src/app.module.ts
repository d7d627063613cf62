import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import Database from 'better-sqlite3';
import { AuthModule } from './auth/auth.module';
import { RefreshToken } from './auth/refresh-token.entity';
import { CreateUsers1700000000000 } from './migrations/1700000000000-create-users';
import { User } from './users/user.entity';
import { UsersModule } from './users/users.module';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      driver: Database, // TypeORM cannot find it from inside of the bundle
      database: process.env.DATABASE_FILE ?? 'notes.sqlite',
      entities: [User, RefreshToken],
      migrations: [CreateUsers1700000000000],
      migrationsRun: true,
    }),
    AuthModule,
    UsersModule,
  ],
})
export class AppModule {}
