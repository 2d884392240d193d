import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../lib/config.ts';

function sourceFiles(folder: string): string[] {
  const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

/** Every module of the product with what it imports, as paths from the project's folder or package names. */
const modules = ['bin', 'lib', 'functions'].flatMap((folder) =>
  sourceFiles(folder).map((file) => {
    const text = readFileSync(join(projectRoot, file), 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import)\s+'([^']+)'/g)].map(
      ([, specifier]) => specifier ?? '',
    );
    const imports = specifiers.map((specifier) =>
      specifier.startsWith('.')
        ? relative(projectRoot, resolve(projectRoot, dirname(file), specifier))
        : specifier,
    );
    return { file, text, imports };
  }),
);

function importsOf(from: RegExp, of: RegExp): string[] {
  return modules
    .filter(({ file }) => from.test(file))
    .flatMap(({ file, imports }) =>
      imports.filter((path) => of.test(path)).map((path) => `${file} → ${path}`),
    );
}

describe('imports', () => {
  it('are found at all', () => {
    expect(importsOf(/load-window\/handler/, /^functions\/shared\//).length).toBeGreaterThan(5);
  });

  it('never lead from shared code up to a function', () => {
    expect(importsOf(/^functions\/shared\//, /^(functions\/(?!shared\/)|lib\/|bin\/|test\/)/)).toEqual([]);
  });

  it('never lead from one function to another', () => {
    for (const name of ['plan-windows', 'export-window', 'load-window']) {
      const others = new RegExp(`^(functions/(?!shared/|${name}/)|lib/|bin/|test/)`);
      expect(importsOf(new RegExp(`^functions/${name}/`), others)).toEqual([]);
    }
  });

  it('lead from the stack to what is shared, and to the environments of functions alone', () => {
    expect(importsOf(/^lib\//, /^(functions\/(?!shared\/|[^/]+\/env\.ts$)|bin\/|test\/)/)).toEqual([]);
  });

  it('keep the AWS SDK out of the work: only handlers and adapters know it', () => {
    const adapters =
      /^functions\/(.*\/handler|shared\/(aws-clients|s3-object-store|sqs-message-queue|secret-reader))\.ts$/;
    const found = importsOf(/^functions\//, /^@aws-sdk\//).filter(
      (found) => !adapters.test(found.split(' ')[0] ?? ''),
    );
    expect(found).toEqual([]);
  });

  it('let property tests draw from one seed', () => {
    const drawing = sourceFiles('test').filter((file) =>
      /^import .* from 'fast-check';$/m.test(readFileSync(join(projectRoot, file), 'utf8')),
    );
    expect(drawing).toEqual(['test/support/seeded-fast-check.ts']);
  });

  it('leave the environment to one module', () => {
    const readers = modules.filter(
      ({ file, text }) => file.startsWith('functions/') && text.includes('process.env'),
    );
    expect(readers.map(({ file }) => file)).toEqual(['functions/shared/environment.ts']);
  });
});
