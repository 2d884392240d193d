import { isClosed } from '../../functions/shared/window-summary.ts';
import { printable } from '../operator/printable.ts';
import type { WindowProgress } from './window-board.ts';

/** Where progress goes: a terminal, or any other stream, to which lines are only ever appended. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Rows and columns of the terminal now. */
  readonly size: () => { readonly rows: number; readonly columns: number };
}

export interface ProgressView {
  /** Shows the windows as they are now. */
  show(windows: readonly WindowProgress[]): void;
  /** Writes a line that stays. */
  note(text: string): void;
  /** Leaves the last state on the screen. */
  end(): void;
}

/** Rows kept free below the windows, so that the terminal does not scroll while lines are rewritten. */
const spareRows = 3;

/** Shows one line per window: rewritten in place on a terminal, appended at each change of state elsewhere. */
export function createProgressView(output: ProgressOutput): ProgressView {
  return output.isTerminal ? liveView(output) : appendedView(output);
}

function appendedView({ write }: ProgressOutput): ProgressView {
  const shown = new Map<string, string>();
  return {
    show(windows) {
      const withSource = haveSources(windows);
      for (const window of windows) {
        const key = `${window.source} ${window.date}`;
        const change = `${window.state} ${window.note ?? ''}`;
        const isNews = shown.has(key) ? shown.get(key) !== change : window.state !== 'planned';
        if (!isNews) continue;
        shown.set(key, change);
        write(`${windowLine(window, withSource)}\n`);
      }
    },
    note: (text) => write(`${text}\n`),
    end() {},
  };
}

/** Windows that have ended scroll away upwards for good; those at work stay below and are rewritten. */
function liveView({ write, size }: ProgressOutput): ProgressView {
  const ended = new Set<string>();
  let liveRows = 0;
  let live: string[] = [];
  const rewrite = (permanent: readonly string[]) => {
    const { columns } = size();
    // A line longer than the screen would take two rows, and the next rewrite would miss one.
    const text = [...permanent, ...live]
      .map((line) => `\u001b[2K${printable(line).slice(0, columns - 1)}\n`)
      .join('');
    write(`${liveRows > 0 ? `\u001b[${liveRows}A` : ''}\u001b[J${text}`);
    liveRows = live.length;
  };
  return {
    show(windows) {
      const withSource = haveSources(windows);
      const hasEnded = ({ state }: WindowProgress) => state !== 'planned' && isClosed(state);
      const news = windows.filter((one) => hasEnded(one) && !ended.has(`${one.source} ${one.date}`));
      for (const { source, date } of news) ended.add(`${source} ${date}`);
      const atWork = windows.filter((one) => !hasEnded(one)).map((one) => windowLine(one, withSource));
      const room = Math.max(1, size().rows - spareRows);
      live = atWork.length > room ? [...atWork.slice(0, room), `… and ${atWork.length - room} more`] : atWork;
      rewrite(news.map((one) => windowLine(one, withSource)));
    },
    note: (text) => rewrite([text]),
    end() {
      live = [];
      rewrite([]);
    },
  };
}

/** Whether windows must be told apart by their source too. */
export function haveSources(windows: readonly WindowProgress[]): boolean {
  return new Set(windows.map((window) => window.source)).size > 1;
}

/** @example 2026-03-08  received  20,000  parts 1  delivered  19,990  delivered */
function windowLine(window: WindowProgress, withSource: boolean): string {
  const name = withSource ? `${window.source} ${window.date}` : window.date;
  const note = window.note === undefined ? '' : `  ${window.note}`;
  return (
    `${name}  received ${grouped(window.received, 11)}  parts ${grouped(window.parts, 4)}  ` +
    `delivered ${grouped(window.delivered, 11)}  ${window.state}${note}`
  );
}

/** A number with its thousands grouped, the same in every locale. */
export function grouped(value: number, width = 0): string {
  return value.toLocaleString('en-US').padStart(width);
}
