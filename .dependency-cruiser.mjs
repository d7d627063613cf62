import { existsSync, readdirSync } from 'node:fs';
import { FLOORS } from './rooms.mjs';

const floors = FLOORS.map(Object.keys);

const pathOf = (rooms) =>
  `^lib/(${rooms.map((room) => (room.endsWith('.ts') ? room.replace('.ts', '\\.m?ts') : `${room}/`)).join('|')})`;

const upward = floors.slice(1).map((rooms, index) => ({
  name: `no-import-upward-from-${rooms[0].replace('.ts', '')}`,
  comment: 'A file imports its own floor or a lower one.',
  severity: 'error',
  from: { path: pathOf(rooms) },
  to: { path: pathOf(floors.slice(0, index + 1).flat()) },
}));

// Each database has a folder with an adapter, which one file lists.
const databases = readdirSync('lib/database').filter((name) =>
  existsSync(`lib/database/${name}/adapter.ts`),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: 'no-circle',
      comment:
        'Two files that import each other are one file, or one of them holds a part of the other.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { circular: true },
    },
    {
      name: 'pure-decision',
      comment: 'decision/ is the pure middle: it imports nothing but its own files.',
      severity: 'error',
      from: { path: '^lib/decision/' },
      to: { pathNot: '^lib/decision/' },
    },
    {
      name: 'databases-by-their-adapters',
      comment:
        'Only adapters.ts, which lists them, imports from the folder of a database. Ask the adapter.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/database/(adapters\\.ts$|[^/]+/)' },
      to: { path: `^lib/database/(${databases.join('|')})/` },
    },
    {
      name: 'databases-apart',
      comment: 'The folder of a database imports nothing from that of another one.',
      severity: 'error',
      from: { path: '^lib/database/([^/]+)/' },
      to: { path: `^lib/database/(${databases.join('|')})/`, pathNot: '^lib/database/$1/' },
    },
    {
      name: 'no-room-without-a-floor',
      comment: 'Every file of lib/ has its room, and every room its floor in rooms.mjs.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/', pathNot: pathOf(floors.flat()) },
    },
    {
      name: 'no-orphan',
      comment: 'A file of lib/ that nothing imports, and that imports nothing, is not used.',
      severity: 'error',
      from: { orphan: true, path: '^lib/' },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
