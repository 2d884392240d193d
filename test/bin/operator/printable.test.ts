import { describe, expect, it } from 'vitest';
import { createPaint } from '../../../bin/operator/paint.ts';
import { printable } from '../../../bin/operator/printable.ts';

const paint = createPaint(true, {});
const clear = '\u001b[H\u001b[2J';

describe('text for a terminal', () => {
  it.each([
    ['moves the cursor', 'plan\u001b[2A', 'plan\\x1b[2A'],
    ['writes to the clipboard', '\u001b]52;c;cm0=\u0007', '\\x1b]52;c;cm0=\\x07'],
    ['begins with the one byte that C1 has for it', '\u009b2J', '\\x9b2J'],
    ['goes back over a line', 'bad\rgood', 'bad\\x0dgood'],
    ['empties the screen in the middle of a text', `a${clear}`, 'a\\x1b[H\\x1b[2J'],
  ])('shows what %s as its code', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('keeps lines, tabs, letters of any script and our own colours', () => {
    const text = `${clear}${paint.bold('Größe 値 🎈')}\t${paint.bad('no')}\n`;
    expect(printable(text)).toBe(text);
  });
});
