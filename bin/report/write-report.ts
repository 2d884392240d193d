import { writeFileSync } from 'node:fs';
import { ConfigError } from '../../functions/shared/errors.ts';
import type { Operator } from '../operator/open-operator.ts';
import type { SourceStatus } from '../status/source-status.ts';
import type { TroubleOptions } from '../status/troubles.ts';
import { renderReport } from './render-report.ts';
import { readSourceReport } from './report-data.ts';

/** Writes the page about these sources. @throws {ConfigError} when the file can't be written. */
export async function writeReport(
  { config, store }: Pick<Operator, 'config' | 'store'>,
  statuses: readonly SourceStatus[],
  { file, nowMs, suffix }: TroubleOptions & { readonly file: string },
): Promise<void> {
  const sources = await Promise.all(statuses.map((status) => readSourceReport(store, status)));
  const page = renderReport({ stackName: config.stackName, sources, nowMs, suffix });
  try {
    writeFileSync(file, page);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new ConfigError('writing the report', [
      `--html: found ${JSON.stringify(file)}; must be a file that can be written${code}`,
    ]);
  }
}
