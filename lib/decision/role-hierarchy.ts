import type { Principal } from './principal.js';

/** What roles include and permit. */
export interface RoleOptions {
  /** The roles that a role includes, transitively: `{ admin: ['editor'], editor: ['user'] }`. */
  readonly hierarchy?: Readonly<Record<string, readonly string[]>>;
  /** The permissions of a role: `{ editor: ['articles:write'] }`. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
}

/** The part of a principal that roles and permissions are judged from. */
type Holder = Pick<Principal, 'roles' | 'permissions'>;

/**
 * What roles mean: which roles a role includes, and which permissions it gives.
 *
 * Names are compared exactly, as text, case-sensitively. Both closures are computed once, so a
 * question costs a lookup per role held and allocates nothing. Everything is kept in maps and sets:
 * a role named `__proto__` or `constructor` is a role like any other.
 */
export class RoleHierarchy {
  private readonly included = new Map<string, ReadonlySet<string>>();
  private readonly given = new Map<string, ReadonlySet<string>>();

  /**
   * @param options the hierarchy and the permissions of the roles; a role named in neither includes
   * itself and gives nothing. Ask {@link RoleHierarchy.problems} first.
   */
  constructor(options: RoleOptions = {}) {
    const hierarchy = new Map(Object.entries(options.hierarchy ?? {}));
    const permissions = new Map(Object.entries(options.permissions ?? {}));
    for (const role of new Set([...hierarchy.keys(), ...permissions.keys()])) {
      const roles = closure(role, hierarchy);
      this.included.set(role, roles);
      this.given.set(role, new Set([...roles].flatMap((name) => permissions.get(name) ?? [])));
    }
  }

  /** The roles that the account has, with all that these include. Each call makes a new set. */
  rolesOf(holder: Holder): ReadonlySet<string> {
    return new Set(holder.roles.flatMap((role) => [role, ...(this.included.get(role) ?? [])]));
  }

  /** Whether the account has the role, itself or by one that includes it. */
  holds(holder: Holder, role: string): boolean {
    for (const own of holder.roles) {
      if (own === role || this.included.get(own)?.has(role)) return true;
    }
    return false;
  }

  /** Whether the account has the permission, itself or by one of its roles. */
  can(holder: Holder, permission: string): boolean {
    if (holder.permissions.includes(permission)) return true;
    for (const own of holder.roles) {
      if (this.given.get(own)?.has(permission)) return true;
    }
    return false;
  }

  /**
   * What is wrong with the options, each with what to do; empty when they are usable.
   *
   * A cycle is a problem: when `admin` includes `editor` and `editor` includes `admin`, every editor is an
   * admin, and nobody means that.
   */
  static problems(options: RoleOptions = {}): string[] {
    const malformed = [
      ...malformedLists('roles.hierarchy', options.hierarchy),
      ...malformedLists('roles.permissions', options.permissions),
    ];
    return malformed.length > 0 ? malformed : cycles(options.hierarchy ?? {});
  }
}

/** A role and all that it includes, directly or not. */
function closure(
  role: string,
  hierarchy: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  // A loop over a set also visits what is added meanwhile.
  const found = new Set([role]);
  for (const name of found) for (const next of hierarchy.get(name) ?? []) found.add(next);
  return found;
}

function cycles(hierarchy: Readonly<Record<string, readonly string[]>>): string[] {
  const edges = new Map(Object.entries(hierarchy));
  const onCycle = [...edges].filter(([role, direct]) =>
    direct.some((next) => closure(next, edges).has(role)),
  );
  return onCycle.map(
    ([role]) =>
      `roles.hierarchy: the role ${JSON.stringify(role)} includes itself, so all roles of this cycle mean the same. Remove one of the inclusions.`,
  );
}

/** Options also come out of configuration files, where the compiler does not look. */
function malformedLists(option: string, lists: unknown): string[] {
  if (lists === undefined) return [];
  if (typeof lists !== 'object' || lists === null || Array.isArray(lists)) {
    return [`${option} must be an object of lists. Write { admin: ['editor'] }.`];
  }
  return Object.entries(lists)
    .filter(([role, names]) => !isName(role) || !Array.isArray(names) || !names.every(isName))
    .map(
      ([role]) =>
        `${option}: ${JSON.stringify(role)} must be a name that is not blank, with an array of such names. Write { admin: ['editor'] }.`,
    );
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
