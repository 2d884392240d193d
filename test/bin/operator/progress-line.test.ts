import { expect, it } from 'vitest';
import { createProgressLine } from '../../../bin/operator/progress-line.ts';
import { shownPause } from '../../../bin/setup/patience.ts';
import { recordOutput } from '../../support/recorded-output.ts';

function onTerminal(json = false) {
  const recorded = recordOutput({ onTerminal: true });
  return { ...recorded, line: createProgressLine(recorded.output, { json }) };
}

it('is rewritten in place, and only when it says something else', () => {
  const { line, progress } = onTerminal();
  line.bar(0, 2000, 'windows');
  line.bar(0, 2000, 'windows');
  line.bar(1500, 2000, 'windows');
  line.clear();
  line.clear();
  expect(progress()).toEqual([
    '[....................] 0 of 2,000 windows',
    '[###############.....] 1,500 of 2,000 windows',
    '',
  ]);
});

it('has a bar that is full when there is more than was expected, or nothing to do', () => {
  const { line, progress } = onTerminal();
  line.bar(3, 2, 'dead letters');
  line.bar(0, 0, 'dead letters');
  expect(progress().map((text) => text.slice(0, 22))).toEqual(Array(2).fill(`[${'#'.repeat(20)}]`));
});

it('never takes two rows, nor sends a terminal what a name holds', () => {
  const { line, progress } = onTerminal();
  line.text(`a\u001b[2A${'b'.repeat(100)}`);
  expect(progress()).toEqual([`a\\x1b[2A${'b'.repeat(71)}`]);
});

it('is nowhere for a program, nor in a pipe', () => {
  const { line, progress, notes, text } = onTerminal(true);
  line.bar(1, 2, 'windows');
  line.clear();
  const piped = recordOutput();
  createProgressLine(piped.output, { json: false }).text('at work');
  expect([progress(), piped.progress()]).toEqual([[], []]);
  expect(text() + notes() + piped.text() + piped.notes()).toBe('');
});

it('counts the seconds for which Platform is left alone', async () => {
  const { line, progress } = onTerminal();
  const pauses: number[] = [];
  await shownPause(line, async (ms) => void pauses.push(ms))(2500);
  expect(pauses).toEqual([1000, 1000, 500]);
  const what = 'seconds until Platform is asked again';
  expect(progress()).toEqual([
    `[....................] 0 of 3 ${what}`,
    `[#######.............] 1 of 3 ${what}`,
    `[#############.......] 2 of 3 ${what}`,
    '',
  ]);
});
