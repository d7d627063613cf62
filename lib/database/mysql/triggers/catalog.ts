import {
  distinct,
  type InstalledTrigger,
  noTable,
  type ReadCatalog,
  type TriggerDialect,
} from '../../triggers/catalog.js';
import { readMarker } from '../../triggers/marker.js';
import type { ForeignKey } from './cascades.js';
import { mysqlTriggers } from './triggers.js';
import type { WatchPlan } from '../../triggers/watched-tables.js';
import { AuthConfigurationError } from '../../../errors/auth.errors.js';

export const mysqlCatalog: TriggerDialect = {
  // Without the right to make triggers, MySQL hides them, and MariaDB their code.
  hiddenHint:
    ' If it exists, grant TRIGGER on the table: without that right, the server hides the trigger or its code.',

  script(statements) {
    // A trigger's body contains semicolons, and the shell would cut it there.
    const ended = statements.map((sql) => `${sql}\n$$`);
    return ['DELIMITER $$', ...ended, 'DELIMITER ;'].join('\n\n');
  },

  async needed(given, read) {
    const plan = await inOwnDatabase(given, read);
    return mysqlTriggers(plan, await foreignKeys(read));
  },

  async installed(needed, read) {
    const tables = distinct(needed.map(({ table }) => table));
    // The time of creation as text, to the hundredth of a second: a Date's own text has only seconds.
    const rows = await read(
      `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_SCHEMA AS db, EVENT_OBJECT_TABLE AS relation, ACTION_STATEMENT AS code, DATABASE() AS own, CAST(CREATED AS CHAR) AS made
       FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()`,
      [],
    );
    return rows.flatMap((row): InstalledTrigger[] => {
      // MariaDB shows the code only to a role that may make triggers. The name contains a hash of the code, so
      // the name is enough when the plan is exactly the same.
      const marker =
        row['code'] === null
          ? needed.find(({ name }) => name === row['name'])?.marker
          : readMarker(String(row['code']));
      const table = tables.find(
        (path) => path.at(-1) === row['relation'] && (path.at(-2) ?? row['own']) === row['db'],
      );
      return marker === undefined || table === undefined
        ? []
        : [{ name: String(row['name']), table, marker, made: String(row['made']) }];
    });
  },
};

/** The plan, with every table in the connection's own database and named without it. */
async function inOwnDatabase(plan: WatchPlan, read: ReadCatalog): Promise<WatchPlan> {
  const rows = await read(
    'SELECT TABLE_NAME AS name, ENGINE AS engine, DATABASE() AS db FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
    [],
  );
  const engines = new Map(rows.map((row) => [String(row['name']), row['engine']]));
  const database = rows[0]?.['db'];
  const own = (path: readonly string[]): readonly string[] => {
    const name = path.at(-1) ?? '';
    if (path.length > 1 && path.at(-2) !== database) {
      throw new AuthConfigurationError([
        `"${path.join('.')}" is in another database than "${String(database)}", where the log is. Keep the watched tables in the connection's own database.`,
      ]);
    }
    const engine = engines.get(name);
    if (engine === undefined) throw noTable(name);
    // In another engine, a rollback takes back the log's row, but not the change.
    if (engine !== 'InnoDB') {
      throw new AuthConfigurationError([
        `The table "${name}" has the engine ${String(engine)}, which has no transactions. Convert it: ALTER TABLE ${name} ENGINE = InnoDB.`,
      ]);
    }
    return [name];
  };
  return {
    ...plan,
    log: own(plan.log),
    state: own(plan.state),
    tables: plan.tables.map((table) => ({
      ...table,
      path: own(table.path),
      mark:
        'holder' in table.mark
          ? { ...table.mark, holder: { ...table.mark.holder, path: own(table.mark.holder.path) } }
          : table.mark,
    })),
    sessions: plan.sessions && {
      ...plan.sessions,
      path: own(plan.sessions.path),
      users: own(plan.sessions.users),
    },
  };
}

async function foreignKeys(read: ReadCatalog): Promise<readonly ForeignKey[]> {
  const rows = await read(
    `SELECT k.CONSTRAINT_NAME AS name, k.TABLE_NAME AS child, k.COLUMN_NAME AS col, k.REFERENCED_TABLE_NAME AS parent,
       k.REFERENCED_COLUMN_NAME AS referred, r.DELETE_RULE AS on_delete, r.UPDATE_RULE AS on_update,
       k.REFERENCED_TABLE_SCHEMA = k.TABLE_SCHEMA AS inside, k.REFERENCED_TABLE_SCHEMA AS parent_schema
     FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
       ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
     WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL
     ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`,
    [],
  );
  const keys = new Map<string, ForeignKey>();
  for (const row of rows) {
    const text = (name: string) => String(row[name]);
    const id = `${text('child')} ${text('name')}`;
    const link = { column: text('col'), referred: text('referred') };
    const elsewhere = Number(row['inside']) === 1 ? [] : [text('parent_schema')];
    keys.set(id, {
      child: [text('child')],
      parent: [...elsewhere, text('parent')],
      links: [...(keys.get(id)?.links ?? []), link],
      onDelete: text('on_delete'),
      onUpdate: text('on_update'),
    });
  }
  return [...keys.values()];
}
