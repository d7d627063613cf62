import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { addTransactionalDataSource } from 'typeorm-transactional';
import { AuthModule } from './auth/auth.module';
import { CreateUsers1700000000000 } from './migrations/1700000000000-create-users';
import { AccountEvent } from './users/account-event.entity';
import { User } from './users/user.entity';
import { UsersModule } from './users/users.module';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => ({
        type: 'better-sqlite3',
        database: process.env.DATABASE_FILE ?? 'shop.sqlite',
        entities: [User, AccountEvent],
        migrations: [CreateUsers1700000000000],
        migrationsRun: true,
      }),
      dataSourceFactory: async (options) => {
        if (!options) throw new Error('No options for the data source');
        return addTransactionalDataSource(new DataSource(options));
      },
    }),
    AuthModule,
    UsersModule,
  ],
})
export class AppModule {}
