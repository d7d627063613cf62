// The floors of lib/, from the top: a file imports its own floor or a lower one, never a higher one.
// docs/architecture.md draws the same picture.
const FLOORS = [
  ['index.ts'],
  ['module', 'cli'],
  ['migration'],
  ['options'],
  ['routes', 'passport', 'interceptors'],
  ['auth'],
  ['guards', 'decorators'],
  ['revocation', 'sessions'],
  ['telemetry', 'health'],
  ['transport'],
  ['freshness'],
  ['tokens'],
  ['log'],
  ['users'],
  ['database'],
  ['errors', 'events', 'validation', 'injection.ts'],
  ['decision'],
];

const pathOf = (rooms) =>
  `^lib/(${rooms.map((room) => (room.endsWith('.ts') ? room.replace('.', '\\.') : `${room}/`)).join('|')})`;

const upward = FLOORS.slice(1).map((rooms, index) => ({
  name: `no-import-upward-from-${rooms[0].replace('.ts', '')}`,
  comment: 'A file imports its own floor or a lower one.',
  severity: 'error',
  from: { path: pathOf(rooms) },
  to: { path: pathOf(FLOORS.slice(0, index + 1).flat()) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: 'no-circle',
      comment: 'Two files that import each other are one file, or one of them has a part of the other.',
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
      name: 'no-room-without-a-floor',
      comment: 'Every file of lib/ has its room, and every room its floor in this list.',
      severity: 'error',
      from: { path: '^lib/', pathNot: pathOf(FLOORS.flat()) },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
