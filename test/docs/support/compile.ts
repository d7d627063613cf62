import { join, resolve } from 'node:path';
import ts from 'typescript';

/**
 * Compiles files that exist in memory only, in a folder of the project, under the project's own options;
 * gives what is wrong with them.
 *
 * @param changes to those options
 */
export function compile(
  folder: string,
  files: Readonly<Record<string, string>>,
  changes: ts.CompilerOptions = {},
): readonly string[] {
  const config: unknown = ts.readConfigFile('tsconfig.json', ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  const host = ts.createCompilerHost(options);
  const inMemory = new Map(
    Object.entries(files).map(([name, code]) => [join(resolve(folder), name), code] as const),
  );
  const { readFile, fileExists } = host;
  host.readFile = (path) => inMemory.get(path) ?? readFile(path);
  host.fileExists = (path) => inMemory.has(path) || fileExists(path);
  const program = ts.createProgram(
    [...inMemory.keys()],
    { ...options, ...changes, noEmit: true },
    host,
  );
  const own = [...inMemory.keys()].flatMap((path) => program.getSourceFile(path) ?? []);
  return own
    .flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ])
    .map(
      ({ file, messageText }) =>
        `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}
