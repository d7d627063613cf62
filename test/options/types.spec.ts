/** What the compiler checks of the options: `npm run typecheck` fails where one of these does not hold. */
import {
  type AuthModuleAsyncOptions,
  AuthModule,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  createAuthMigration,
  type UserOptions,
} from 'nestjs-revocable-jwt';
import { EntitySchema } from 'typeorm';
import { expect, expectTypeOf, it } from 'vitest';
import { Problems } from '../../lib/validation/problems.js';
import type { PropertyPath, RelationPath } from '../../lib/users/property-path.js';

class Role {
  declare name: string;
}
/** As libraries for times have them, for a column with a transformer. */
class Instant {
  declare ms: number;
  toJSON(): string {
    return new Date(this.ms).toISOString();
  }
}
class Profile {
  declare status: string;
  declare seen: Date | null;
  declare owner: User;
}
class User {
  declare id: number;
  declare state: string;
  declare tags: string[];
  declare settings: Record<string, unknown>;
  declare deletedAt: Date | null;
  declare suspendedUntil: Instant | null;
  declare fingerprint: Buffer;
  declare extra: unknown;
  declare roles: Role[];
  declare manager: User | null;
  declare profile: Profile | null;
  declare memberships: Promise<{ role: Role }[]>;
  isActive(): boolean {
    return this.state === 'active';
  }
}
const UserSchema = new EntitySchema<User>({
  name: 'User',
  columns: { id: { type: Number, primary: true } },
});
const jwt = { secret: 's'.repeat(32), issuer: 'i', audience: 'a' };

it('properties are those of the entity and of its embedded entities', () => {
  expectTypeOf<'state' | 'tags' | 'deletedAt' | 'profile.status'>().toExtend<PropertyPath<User>>();
  // Any key of a JSON column's index signature.
  expectTypeOf<'settings.theme'>().toExtend<PropertyPath<User>>();
  expectTypeOf<'status'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'isActive'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'profile.state' | 'deletedAt.getTime'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'memberships.role.name'>().toExtend<RelationPath<User>>();
  expectTypeOf<'groups.role'>().not.toExtend<RelationPath<User>>();
});

it('a column is not a relation, an embedded entity or a method', () => {
  expectTypeOf<'suspendedUntil' | 'fingerprint' | 'extra' | 'settings'>().toExtend<
    PropertyPath<User>
  >();
  expectTypeOf<'manager'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'roles'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'memberships'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'profile'>().not.toExtend<PropertyPath<User>>();
  expectTypeOf<'profile.owner'>().not.toExtend<PropertyPath<User>>();
});

it('a relation is not a column or a method', () => {
  expectTypeOf<'roles' | 'manager' | 'memberships' | 'extra'>().toExtend<RelationPath<User>>();
  expectTypeOf<'state'>().not.toExtend<RelationPath<User>>();
  expectTypeOf<'state.name'>().not.toExtend<RelationPath<User>>();
  expectTypeOf<'tags'>().not.toExtend<RelationPath<User>>();
  expectTypeOf<'deletedAt'>().not.toExtend<RelationPath<User>>();
  expectTypeOf<'isActive'>().not.toExtend<RelationPath<User>>();
});

it('without a type of the entity, any text is a property', () => {
  expectTypeOf<PropertyPath<{ [key: string]: unknown }>>().toEqualTypeOf<string>();
  // oxlint-disable-next-line typescript/no-explicit-any
  expectTypeOf<PropertyPath<any>>().toEqualTypeOf<string>();
  expectTypeOf<UserOptions['status']>().toEqualTypeOf<string | undefined>();
});

it('forRoot knows the properties of a class', () => {
  AuthModule.forRoot({
    jwt,
    user: { entity: User, status: 'state', deletedAt: 'deletedAt', createdAt: false },
  });
  AuthModule.forRoot({ jwt, user: { entity: User, status: 'profile.status', roles: 'tags' } });
  AuthModule.forRoot({
    jwt,
    user: { entity: User, roles: { relation: 'memberships.role' } },
    realm: 'staff',
  });
  // @ts-expect-error User has no `status`
  AuthModule.forRoot({ jwt, user: { entity: User, status: 'status' } });
  // @ts-expect-error Profile has no `state`
  AuthModule.forRoot({ jwt, user: { entity: User, status: 'profile.state' } });
  AuthModule.forRoot({ jwt, user: { entity: User, roles: { relation: 'roles' } } });
  // @ts-expect-error a relation, which is no column
  AuthModule.forRoot({ jwt, user: { entity: User, roles: 'roles' } });
  // @ts-expect-error an embedded entity, which is no column
  AuthModule.forRoot({ jwt, user: { entity: User, status: 'profile' } });
  // @ts-expect-error a column, which is no relation
  AuthModule.forRoot({ jwt, user: { entity: User, roles: { relation: 'tags' } } });
  // @ts-expect-error User has no `groups`
  AuthModule.forRoot({ jwt, user: { entity: User, roles: { relation: 'groups' } } });
  // @ts-expect-error an option that does not exist
  AuthModule.forRoot({ jwt, user: { entity: User, state: 'state' } });
});

it('and of a schema', () => {
  AuthModule.forRoot({ jwt, user: { entity: UserSchema, status: 'state' } });
  // @ts-expect-error User has no `status`
  AuthModule.forRoot({ jwt, user: { entity: UserSchema, status: 'status' } });
});

it('an entity by its name takes any text, as do options whose type does not say the entity', () => {
  AuthModule.forRoot({ jwt, user: { entity: 'User', status: 'whatever' } });
  const options: AuthModuleOptions = { jwt, user: { entity: User, status: 'whatever' } };
  AuthModule.forRoot(options);
  AuthModule.forRootAsync({ useFactory: (): AuthModuleOptions => options });
  AuthModule.forRootAsync({ useFactory: async () => options });
  class Factory implements AuthOptionsFactory {
    createAuthOptions() {
      return options;
    }
  }
  AuthModule.forRootAsync({ useClass: Factory });
  const asynchronous: AuthModuleAsyncOptions = { useExisting: Factory };
  AuthModule.forRootAsync(asynchronous);
});

it('forRootAsync knows the properties from what the factory returns', () => {
  AuthModule.forRootAsync({
    useFactory: () => ({ jwt, user: { entity: User, status: 'state' } }),
  });
  AuthModule.forRootAsync({
    inject: [],
    useFactory: async (secret: string) => ({
      jwt: { ...jwt, secret },
      user: { entity: UserSchema, status: 'profile.status' },
    }),
  });
  AuthModule.forRootAsync({
    // @ts-expect-error User has no `status`
    useFactory: () => ({ jwt, user: { entity: User, status: 'status' } }),
  });
  AuthModule.forRootAsync({
    // @ts-expect-error User has no `status`
    useFactory: async () => ({ jwt, user: { entity: UserSchema, status: 'status' } }),
  });
});

it('a class that makes options states their entity', () => {
  class Config implements AuthOptionsFactory<User> {
    createAuthOptions(): AuthModuleOptions<User> {
      return { jwt, user: { entity: User, status: 'state' } };
    }
  }
  AuthModule.forRootAsync({ useClass: Config });
  AuthModule.forRootAsync({ useExisting: Config });
  AuthModule.forRootAsync<User>({ useClass: Config });
  AuthModule.forRootAsync({ useExisting: Symbol('config') });
  class Wrong implements AuthOptionsFactory<User> {
    createAuthOptions(): AuthModuleOptions<User> {
      // @ts-expect-error User has no `status`
      return { jwt, user: { entity: User, status: 'status' } };
    }
  }
  class Unnamed {
    createAuthOptions() {
      return { jwt, user: { entity: User, status: 'status' } };
    }
  }
  // @ts-expect-error its names are not checked: without a type, `status` is any text
  AuthModule.forRootAsync({ useClass: Unnamed });
  // @ts-expect-error the same
  AuthModule.forRootAsync({ useExisting: Unnamed });
  // @ts-expect-error it makes no options
  AuthModule.forRootAsync({ useExisting: Role });
  expect(new Wrong().createAuthOptions().user.status).toBe('status');
});

it('derived keys are made of columns of the entity', () => {
  const derived = { ...jwt, deriveKeyFrom: ['state', 'profile.status'] as const };
  AuthModule.forRoot({ jwt: derived, user: { entity: User } });
  AuthModule.forRoot({ jwt: { ...jwt, deriveKeyFrom: ['state'] }, user: { entity: UserSchema } });
  AuthModule.forRoot({ jwt: { ...jwt, deriveKeyFrom: ['other'] }, user: { entity: 'User' } });
  AuthModule.forRoot({
    // @ts-expect-error User has no `passwordHash`
    jwt: { ...jwt, deriveKeyFrom: ['passwordHash'] },
    user: { entity: User },
  });
  AuthModule.forRoot({
    // @ts-expect-error a relation
    jwt: { ...jwt, deriveKeyFrom: ['roles'] },
    user: { entity: User },
  });
  AuthModule.forRootAsync({
    // @ts-expect-error User has no `passwordHash`
    useFactory: () => ({
      jwt: { ...jwt, deriveKeyFrom: ['passwordHash'] },
      user: { entity: User },
    }),
  });
  createAuthMigration({
    watch: { options: { user: { entity: User }, jwt: { deriveKeyFrom: ['state'] } } },
  });
  createAuthMigration({
    // @ts-expect-error User has no `passwordHash`
    watch: { options: { user: { entity: User }, jwt: { deriveKeyFrom: ['passwordHash'] } } },
  });
});

it('createAuthMigration knows them too', () => {
  createAuthMigration({ watch: { options: { user: { entity: User, status: 'state' } } } });
  createAuthMigration({ watch: { options: { user: { entity: 'User', status: 'whatever' } } } });
  // @ts-expect-error User has no `status`
  createAuthMigration({ watch: { options: { user: { entity: User, status: 'status' } } } });
});

it('options of one file are shared with `satisfies`', () => {
  const shared = {
    user: { entity: User, status: 'state' },
  } satisfies Pick<AuthModuleOptions<User>, 'user'>;
  AuthModule.forRoot({ jwt, ...shared });
  createAuthMigration({ watch: { options: shared } });
});

it('the names of known options are all of them, and no others', () => {
  interface Options {
    readonly one?: string;
    readonly two?: string;
  }
  const problems = new Problems();
  problems.unknown<Options>('x', { one: '', three: '' }, { one: true, two: true });
  // @ts-expect-error `two` is missing
  problems.unknown<Options>('x', {}, { one: true });
  // @ts-expect-error `three` is no option
  problems.unknown<Options>('x', {}, { one: true, two: true, three: true });
  expect(problems.list).toEqual(['x.three: there is no such option. The options are one, two.']);
});
