/**
 * Applications that install the library as npm would give it to them: packed, into a directory
 * outside of this project, so that nothing can come from the project's own node_modules.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Where these are missing, the package brings a binary of its own. */
const BINARIES = [
  'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
  'node_modules/argon2/build/Release/argon2.node',
];

/** What is installed besides the library. */
export interface Packages {
  /** Major version of every @nestjs package. */
  readonly nest: 11 | 12;
  readonly typescript: string;
}

/** As much of a package.json as says what a package asks for. */
interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

function needed({ peerDependencies, peerDependenciesMeta }: Manifest): Record<string, string> {
  const peers = Object.entries(peerDependencies);
  return Object.fromEntries(peers.filter(([name]) => !peerDependenciesMeta[name]?.optional));
}

/** Packs the library as it was built last into a directory; gives the name of the file. */
export async function pack(directory: string): Promise<string> {
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', directory],
    { cwd: PROJECT },
  );
  const [{ filename }] = JSON.parse(stdout);
  return filename;
}

/** Compiled or downloaded when this project was installed; not once more for each of the others. */
export async function copyBinaries(directory: string): Promise<void> {
  for (const binary of BINARIES) {
    if (!existsSync(join(PROJECT, binary))) continue;
    // oxlint-disable-next-line no-await-in-loop
    await mkdir(dirname(join(directory, binary)), { recursive: true });
    // oxlint-disable-next-line no-await-in-loop
    await copyFile(join(PROJECT, binary), join(directory, binary));
  }
}

/** A directory with node_modules in which applications can be put. */
export class Installation {
  private readonly running: ChildProcess[] = [];

  private constructor(readonly root: string) {}

  /** Packs the library as it was built last, and installs it with everything it asks for. */
  static async make({ nest, typescript }: Packages): Promise<Installation> {
    const root = await mkdtemp(join(tmpdir(), `consumer-nest${nest}-`));
    const nestPackages = ['common', 'core', 'jwt', 'passport', 'platform-express', 'typeorm'];
    const own = createRequire(import.meta.url)(join(PROJECT, 'package.json'));
    const dependencies = {
      ...Object.fromEntries(nestPackages.map((name) => [`@nestjs/${name}`, `^${nest}.0.0`])),
      // Those alone that it needs: it must compile and run without the optional ones.
      ...needed(own),
    };
    for (const name of nestPackages) dependencies[`@nestjs/${name}`] = `^${nest}.0.0`;
    for (const name of ['argon2', 'better-sqlite3', '@types/node']) {
      dependencies[name] = own.devDependencies[name];
    }
    await writeFile(
      join(root, 'package.json'),
      JSON.stringify({ private: true, dependencies: { ...dependencies, typescript } }),
    );
    const filename = await pack(root);
    await run(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', filename],
      { cwd: root },
    );
    await copyBinaries(root);
    return new Installation(root);
  }

  /** Writes an application, and compiles it. */
  async application(
    name: string,
    type: 'module' | 'commonjs',
    files: Readonly<Record<string, string>>,
  ): Promise<Application> {
    const directory = join(this.root, name);
    const all = { ...files, 'package.json': JSON.stringify({ private: true, type }) };
    for (const [path, text] of Object.entries(all)) {
      const file = join(directory, path);
      // oxlint-disable-next-line no-await-in-loop
      await mkdir(dirname(file), { recursive: true });
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(file, text);
    }
    const tsc = join(this.root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', directory]).catch((error: unknown) => {
      const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
      throw new Error(`${name} does not compile:\n${said}`, { cause: error });
    });
    return new Application(directory, this.running);
  }

  async remove(): Promise<void> {
    await Promise.all(
      this.running.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
    await rm(this.root, { recursive: true, force: true });
  }
}

/** An application that was compiled. */
export class Application {
  constructor(
    private readonly directory: string,
    private readonly running: ChildProcess[],
  ) {}

  /** Starts it, and waits for the address that it prints. */
  async start(env: Readonly<Record<string, string>>): Promise<string> {
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: this.directory,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.push(child);
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    for await (const line of createInterface(child.stdout)) {
      if (line.startsWith('http://')) return line;
      complaint += `${line}\n`;
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    const end = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new Error(`The application did not start (${end}):\n${complaint}`);
  }
}
