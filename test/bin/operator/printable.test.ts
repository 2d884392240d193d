import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createPaint } from '../../../bin/operator/paint.ts';
import { inLine, printable } from '../../../bin/operator/printable.ts';
import { parsePreviewOptions } from '../../../bin/preview/preview-options.ts';
import { runPreview } from '../../../bin/preview/run-preview.ts';
import { renderTable } from '../../../bin/table.ts';
import { projectRoot } from '../../../lib/config.ts';

const paint = createPaint(true, {});
const clear = '\u001b[H\u001b[2J';

describe('text for a terminal', () => {
  it.each([
    ['moves the cursor', 'plan\u001b[2A', 'plan\\x1b[2A'],
    ['writes to the clipboard', '\u001b]52;c;cm0=\u0007', '\\x1b]52;c;cm0=\\x07'],
    ['begins with the one byte that C1 has for it', '\u009b2J', '\\x9b2J'],
    ['goes back over a line', 'bad\rgood', 'bad\\x0dgood'],
    ['hides what follows', 'plan\u001b[8m', 'plan\\x1b[8m'],
    ['turns the direction of what follows', 'plan\u202efdp\u2066', 'plan\\u202efdp\\u2066'],
    ['empties the screen in the middle of a text', `a${clear}`, 'a\\x1b[H\\x1b[2J'],
  ])('shows what %s as its code', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('keeps lines, tabs, letters of any script and our own colours', () => {
    const text = `${clear}${paint.bold('Größe 値 🎈')}\t${paint.bad('no')}\n`;
    expect(printable(text)).toBe(text);
  });

  it('has no line that somebody else wrote', () => {
    expect(inLine('plan\n! type this\t\u001b[31mnow')).toBe('plan\\x0a! type this\\x09\\x1b[31mnow');
    const rows = [
      ['shop', 'a\nb'],
      ['shop', { text: 'c\nd', paint: paint.bad }],
    ];
    expect(renderTable([{ heading: 'source' }, { heading: 'reason' }], rows).split('\n')).toHaveLength(4);
  });

  it.each([true, false])(
    'is what preview writes of a name in an event, if a terminal it is: %s',
    async (isTerminal) => {
      const properties = { time: 1, $insert_id: 'i', distinct_id: 'd', 'plan\u009b2A': 1, 'a\nb': 1 };
      const output = new PassThrough();
      const written = text(output);
      const options = parsePreviewOptions({
        mapping: join(projectRoot, 'mappings/default.json'),
        tenant: 'acme',
      });
      const input = Readable.from([Buffer.from(`${JSON.stringify({ event: 'e', properties })}\n`)]);
      await runPreview(options, { input, output, isTerminal, notices: () => {} });
      output.end();
      expect((await written).includes('\u009b')).toBe(!isTerminal);
      expect((await written).includes('plan\\x9b2A')).toBe(isTerminal);
      expect(await written).toMatch(/ {2}a\\x0ab\n/);
    },
  );
});
