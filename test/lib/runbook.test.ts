import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alarmKinds, alarmTexts } from '../../lib/alarm-texts.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const sections = new Map(
  runbook
    .split('\n## ')
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);

describe('the runbook', () => {
  it.each(alarmKinds)('says what %s means, where to look and how to fix it', (kind) => {
    const section = sections.get(kind);
    expect(section, `no section "${kind}"`).toBeDefined();
    for (const word of ['**Means.**', '**Look.**', '**Fix.**']) expect(section).toContain(word);
  });

  it.each(alarmKinds)("has the first command of %s's text in its section", (kind) => {
    const command = alarmTexts[kind].command.replaceAll('SOURCE', 'shop');
    expect(sections.get(kind)).toContain(command);
  });

  it('has no section that is named as an alarm and is none', () => {
    const names = [...sections.keys()].filter((name) => /^[a-z]+(-[a-z]+)+$/.test(name));
    expect(names.toSorted()).toEqual(alarmKinds.toSorted());
  });

  it.each([
    'First deploy',
    'Replay a window',
    'Reload after a mapping change',
    'A backfill: watch, pause, resume, cancel',
    'Hold the dataset to the ledger',
    'Rotate a secret',
    'Move to another dataset',
    'Upgrade',
    'Move to another region',
    "Deletion of a person's data",
    'Teardown',
  ])('has the procedure "%s", and says how it was tried', (name) => {
    expect([...sections.keys()]).toContain(name);
    expect(sections.get('How this page was tried')).toMatch(new RegExp(`^\\| ${name} \\| .+ \\|$`, 'm'));
  });
});
