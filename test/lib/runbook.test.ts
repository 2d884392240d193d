import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alarmKinds } from '../../lib/constructs/alarm-topic.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

it.each(alarmKinds)('says what %s means, where to look and how to fix it', (kind) => {
  const section = runbook.split('\n## ').find((text) => text.startsWith(`${kind}\n`));
  expect(section, `no section "${kind}"`).toBeDefined();
  for (const word of ['**Means.**', '**Look.**', '**Fix.**']) expect(section).toContain(word);
});
