/** An application exactly as `nest new` makes it, to which the packed library and a few files are added. */
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyBinaries, pack } from './consumer.js';
import { runIn } from './run-in.js';

const STORY = fileURLToPath(new URL('loader-story.ts', import.meta.url));

/** Each with its arguments for an installation; all projects share the manager's one cache. */
const INSTALL = {
  npm: ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'],
  pnpm: ['npx', '--yes', 'pnpm@10', 'install', '--prefer-offline', '--ignore-scripts'],
} as const;

export interface ScaffoldOptions {
  readonly manager: keyof typeof INSTALL;
  /** Major version of every @nestjs package. */
  readonly nest: 11 | 12;
  readonly typeorm: string;
  /** What runs the tests, with its version. */
  readonly runner: Readonly<Record<string, string>>;
  /** Paths to texts. */
  readonly files: Readonly<Record<string, string>>;
}

export class Scaffold {
  private constructor(readonly root: string) {}

  static async make({ manager, nest, typeorm, runner, files }: ScaffoldOptions): Promise<Scaffold> {
    const root = await mkdtemp(join(tmpdir(), `scaffold-nest${nest}-`));
    const scaffold = new Scaffold(root);
    const ofNest = ['cli', 'common', 'core', 'jwt', 'passport', 'platform-express', 'schematics'];
    ofNest.push('swagger', 'testing', 'typeorm');
    const dependencies = {
      ...Object.fromEntries(ofNest.map((name) => [`@nestjs/${name}`, `^${nest}.0.0`])),
      '@types/better-sqlite3': '*',
      '@types/node': '^20.0.0',
      'better-sqlite3': '^12.11.1',
      passport: '^0.7.0',
      'passport-jwt': '^4.0.1',
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
      typeorm,
      typescript: nest === 11 ? '^5.7.3' : '^6.0.2',
      ...runner,
      'nestjs-revocable-jwt': `file:${await pack(root)}`,
    };
    const write = (path: string, text: string) => writeFile(join(root, path), text);
    await write('package.json', JSON.stringify({ private: true, dependencies }));
    const [command, ...args] = INSTALL[manager];
    await scaffold.run(command, ...args);
    await copyBinaries(root);
    await scaffold.bin('nest', 'new', 'app', '--skip-install', '--skip-git', '-p', manager);
    await cp(join(root, 'app'), root, { recursive: true });
    await rm(join(root, 'app'), { recursive: true });
    const made = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    await write('package.json', JSON.stringify({ ...made, dependencies, devDependencies: {} }));
    await copyFile(STORY, join(root, 'src/story.ts'));
    await Promise.all(Object.entries(files).map(([path, text]) => write(path, text)));
    return scaffold;
  }

  /** Runs a program that an installed package brings; gives what it printed. */
  bin(name: string, ...args: readonly string[]): Promise<string> {
    return this.run(join(this.root, 'node_modules/.bin', name), ...args);
  }

  run(command: string, ...args: readonly string[]): Promise<string> {
    return runIn(this.root, command, args);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}
