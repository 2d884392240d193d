const esc = '\u001b';
/** What our own output has of control characters: line ends, tabs, colours; and at its begin what empties the screen. */
const ours = new RegExp(`[\\n\\t]|${esc}\\[(?:1|22?|3[12369])m|^${esc}\\[H${esc}\\[2J`, 'gu');

/** Of those, what one is made of wherever it stands. */
const marks = new RegExp(`[\\n\\t${esc}]`, 'g');

/**
 * Text for a terminal: control characters that are not our own, and those that turn the direction of text, as the codes
 * that they are. Names in events are chosen by whoever sends them, and a terminal would obey.
 */
export function printable(text: string): string {
  let from = 0;
  let shown = '';
  for (const { 0: sign, index } of text.matchAll(ours)) {
    shown += coded(text.slice(from, index)) + sign;
    from = index + sign.length;
  }
  return shown + coded(text.slice(from));
}

/**
 * A text of others inside a line of ours: what ends a line there, sets it in or colours it, which `printable` takes for our
 * own, as codes too. Who chooses a name must not write lines of a status with it.
 */
export function inLine(text: string): string {
  return text.replaceAll(marks, coded);
}

/** As `inLine`, of a text that may have several lines, such as a list of problems. */
export function onOneLine(text: string): string {
  return inLine(text.replaceAll(/\s*\n\s*/g, ' '));
}

function coded(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (sign) => {
    const code = sign.charCodeAt(0);
    return code > 0xff ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`;
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
