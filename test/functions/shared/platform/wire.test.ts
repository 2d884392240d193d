import { describe, expect, it } from 'vitest';
import { createBatches } from '../../../../functions/shared/platform/batches.ts';
import type { PlatformRequest } from '../../../../functions/shared/platform/platform-client.ts';
import { type WireSettings, wireSchema } from '../../../../functions/shared/platform/wire.ts';

/** Batches over a client that keeps what it is asked to send. */
function batchesWith(wire: Partial<WireSettings>) {
  const sent: PlatformRequest[] = [];
  const client = {
    send: async (request: PlatformRequest) => {
      sent.push(request);
      return { status: 200, headers: {}, text: '{"id":"b"}' };
    },
  };
  return { sent, batches: createBatches(client, wireSchema.parse(wire)) };
}

async function createdWith(wire: Partial<WireSettings>): Promise<unknown> {
  const { sent, batches } = batchesWith(wire);
  await batches.create({ datasetId: 'd', externalId: 'e', replaces: ['old'], maxFailedPercent: 5 });
  return JSON.parse(String(sent[0]?.body?.()));
}

describe('requests whose form Adobe’s own material leaves open', () => {
  it('have the form that most of it agrees on by default', async () => {
    expect(await createdWith({})).toEqual({
      datasetId: 'd',
      externalId: 'e',
      inputFormat: { format: 'json' },
      enableErrorDiagnostics: true,
      partialIngestionPercent: 5,
      replay: { predecessors: ['$old'], reason: 'replace' },
    });
  });

  it.each([
    [{ replayIds: 'bare' }, { replay: { predecessors: ['old'], reason: 'replace' } }],
    [{ replayIds: 'braces' }, { replay: { predecessors: [`$${'{old}'}`], reason: 'replace' } }],
    [{ partialIngestionKey: 'partialIngestionPercentage' }, { partialIngestionPercentage: 5 }],
    [{ format: 'JSON' }, { inputFormat: { format: 'JSON' } }],
    [{ multiLineJson: 'false' }, { inputFormat: { format: 'json', isMultiLineJson: false } }],
  ] as const)('have another where the configuration says so: %o', async (wire, expected) => {
    expect(await createdWith(wire)).toMatchObject(expected);
  });

  it('do not look for a lost batch where the configuration says so', async () => {
    const { sent, batches } = batchesWith({ findByExternalId: false });
    expect(await batches.findByExternalId('d', 'e')).toEqual([]);
    expect(sent).toEqual([]);
  });
});
