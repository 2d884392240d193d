import { relative } from 'node:path';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import type { RemedyContext } from './remedies/remedy.ts';

/** Where a source and its connector are kept and configured: what remedies name. */
export type Places = Omit<RemedyContext, 'command'>;

export function placesOf({ bucket, configFile }: Operator, source: OperatorSource): Places {
  const { settings } = source;
  return {
    settings,
    secrets: { mixpanel: source.mixpanelSecretId, platform: source.platformSecretId },
    bucket,
    configFile,
    mappingFile: fileName(settings.mapping),
  };
}

/** @param suffix what every command that is suggested must have. */
export function contextOf(places: Places, suffix: string): RemedyContext {
  const { settings, secrets, bucket, configFile, mappingFile } = places;
  const command = (text: string) => `connector ${text} --source ${settings.id}${suffix}`;
  return { settings, secrets, bucket, configFile, mappingFile, command };
}

/** As short as it is from where the command was typed. */
function fileName(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
