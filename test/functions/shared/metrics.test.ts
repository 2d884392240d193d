import { expect, it } from 'vitest';
import { createMetrics } from '../../../functions/shared/metrics.ts';

it('writes one line for each count, in the embedded metric format', () => {
  const lines: string[] = [];
  const owner = { stackName: 'MixpanelConnector', source: 'shop' };
  createMetrics(
    owner,
    () => 1_772_946_508_405,
    (line) => lines.push(line),
  ).count('DeadLetters');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    _aws: {
      Timestamp: 1_772_946_508_405,
      CloudWatchMetrics: [
        {
          Namespace: 'MixpanelConnector',
          Dimensions: [['Stack', 'Source']],
          Metrics: [{ Name: 'DeadLetters', Unit: 'Count' }],
        },
      ],
    },
    Stack: 'MixpanelConnector',
    Source: 'shop',
    DeadLetters: 1,
  });
});
