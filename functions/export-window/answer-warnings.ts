import type { Log } from '../shared/log.ts';
import { projectSecretEnd } from '../shared/mixpanel/credentials.ts';
import type { ExportAnswer } from '../shared/mixpanel/mixpanel-client.ts';
import type { RunRef } from '../shared/object-keys.ts';

/** What an operator should know although the answer is complete; logged, and returned as sentences. */
export function warnOfAnswer(
  log: Log,
  { date, run }: RunRef,
  { credential, newlineEnded }: { readonly newlineEnded: boolean } & Pick<ExportAnswer, 'credential'>,
): string[] {
  const warnings: string[] = [];
  if (!newlineEnded) {
    warnings.push('the last line came without its newline');
    log.warn('Export:Run:NewlineMissing', { window: date, run });
  }
  if (credential === 'projectSecret') {
    warnings.push(`Mixpanel switches project secrets off on ${projectSecretEnd}: use a service account`);
    log.warn('Export:Credential:Legacy', { window: date, run, endsOn: projectSecretEnd });
  }
  return warnings;
}
