import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from './auth/auth.module.js';
import { CreateUsers1700000000000 } from './migrations/1700000000000-create-users.js';
import { SnakeNamingStrategy } from './snake-naming.strategy.js';
import { User } from './users/user.entity.js';
import { UsersModule } from './users/users.module.js';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => ({
        type: 'postgres',
        url: process.env['DATABASE_URL'],
        namingStrategy: new SnakeNamingStrategy(),
        entities: [User],
        migrations: [CreateUsers1700000000000],
        migrationsRun: true,
      }),
    }),
    AuthModule,
    UsersModule,
  ],
})
export class AppModule {}
