/** Colours for a terminal; each gives the text as it is where there are none. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly busy: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** Colour only where a person looks at it and has not declined (no-color.org). */
export function createPaint(isTerminal: boolean, variables: NodeJS.ProcessEnv): Paint {
  const wanted = isTerminal && (variables.NO_COLOR ?? '') === '' && variables.TERM !== 'dumb';
  const code = (on: number, off: number) => (text: string) =>
    wanted && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    good: code(32, 39),
    bad: code(31, 39),
    warn: code(33, 39),
    busy: code(36, 39),
    dim: code(2, 22),
    bold: code(1, 22),
  };
}
