import type { WindowRef } from '../object-keys.ts';

/**
 * Under what name Platform knows a source's batches; unique over stacks and sources that share an organisation.
 *
 * @example MixpanelConnector.shop.2026-03-08.20260309T033105000Z-9a8b7c6d
 */
export function batchExternalId(stackName: string, window: WindowRef, delivery: string): string {
  return `${stackName}.${window.source}.${window.date}.${delivery}`;
}

/** The window's day in such a name of that stack and source, or undefined for any other. */
export function dateOfBatch(stackName: string, source: string, externalId: string): string | undefined {
  const prefix = `${stackName}.${source}.`;
  if (!externalId.startsWith(prefix)) return undefined;
  return /^(\d{4}-\d\d-\d\d)\./.exec(externalId.slice(prefix.length))?.[1];
}
