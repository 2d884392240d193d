const quote = 0x22;
const backslash = 0x5c;

/** Past the end of the JSON text that begins at `at`; -1 when it has none. */
export function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return -1;
}

/** Past the end of the object or list that begins at `at`; -1 when it is none, or has no end. */
export function endOfNested(text: string, at: number): number {
  let depth = 0;
  let position = at;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === quote) {
      position = endOfString(text, position);
      if (position === -1) return -1;
      continue;
    }
    // `{` and `[`, `}` and `]`: the text is JSON, so they need no matching by kind.
    if (code === 0x7b || code === 0x5b) depth += 1;
    if (code === 0x7d || code === 0x5d) depth -= 1;
    position += 1;
    if (depth === 0) return position;
  }
  return -1;
}
