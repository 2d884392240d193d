import { firstWindow } from './messages.ts';
import { windowOf } from './window.ts';

/** What is wrong with asking for the windows from one to the other, both included; nothing for most. */
export function unreachable(from: string, to: string, nowMs: number): readonly string[] {
  // Kiritimati's day begins first, at UTC+14.
  const latest = windowOf(nowMs, 'Pacific/Kiritimati');
  return [
    ...(from < firstWindow ? [`found ${from}; the first window is ${firstWindow}`] : []),
    ...(to > latest ? [`found ${to}; the last window that has begun anywhere is ${latest}`] : []),
  ];
}
