import { grouped } from '../local/progress-view.ts';
import type { CommandOutput } from './command-output.ts';
import { printable } from './printable.ts';

/** A terminal on which a line can be rewritten. */
export interface Screen {
  readonly write: (text: string) => void;
  /** How many it has now. */
  readonly columns: () => number;
}

/** One line that tells how far long work is, rewritten in place; whatever else is written needs it cleared first. */
export interface ProgressLine {
  /** Work of which it is known how much there is. @example bar(5, 10, 'windows') shows `[##########..........] 5 of 10 windows` */
  bar(done: number, all: number, what: string): void;
  /** Any other. */
  text(text: string): void;
  /** Takes the line off the screen. */
  clear(): void;
}

/** For work that nobody looks on at. */
export const silentProgress: ProgressLine = { bar() {}, text() {}, clear() {} };

/** Nothing is shown in a pipe, nor to a program that asks for JSON: only a person at a terminal waits and looks on. */
export function createProgressLine(
  { screen }: CommandOutput,
  { json }: { readonly json: boolean },
): ProgressLine {
  if (screen === undefined || json) return silentProgress;
  let shown = '';
  const show = (text: string) => {
    // A line longer than the screen would take two rows, of which the next would rewrite one.
    const line = printable(text).slice(0, screen.columns() - 1);
    if (line === shown) return;
    shown = line;
    screen.write(`\r\u001b[K${line}`);
  };
  return {
    bar: (done, all, what) => show(`${bar(done, all)} ${grouped(done)} of ${grouped(all)} ${what}`),
    text: show,
    clear: () => show(''),
  };
}

const barWidth = 20;

function bar(done: number, all: number): string {
  const full = all === 0 ? barWidth : Math.round((Math.min(done, all) / all) * barWidth);
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
