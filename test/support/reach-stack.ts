import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { OperatorWorld } from './operator-world.ts';

/**
 * Lets the commands of a set-up world reach a stack, as a person's would: AWS by the environment, the outputs by a file.
 *
 * @param dir where the file is written.
 * @returns the file.
 */
export function reachStack({ outputs, awsVariables }: OperatorWorld, dir: string): string {
  const file = join(dir, 'outputs.json');
  writeFileSync(file, JSON.stringify({ Stack: outputs }));
  for (const [name, value] of Object.entries(awsVariables)) vi.stubEnv(name, value);
  return file;
}
