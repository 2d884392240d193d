import { existsSync, readFileSync } from 'node:fs';

/** Resident memory of a process: now, and the most it ever had. */
export interface MemoryReading {
  readonly bytes: number;
  readonly peakBytes: number;
}

/** Whether processes can be watched from outside; where they can't, they must report themselves. */
export const canReadProcesses = existsSync('/proc/self/status');

/**
 * Reads a process's memory from outside, so that a busy event loop can't hide it.
 *
 * @returns undefined when the process has ended.
 */
export function readMemory(pid: number): MemoryReading | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
    const bytes = kibibytes('VmRSS') * 1024;
    const peakBytes = kibibytes('VmHWM') * 1024;
    return Number.isNaN(bytes) || Number.isNaN(peakBytes) ? undefined : { bytes, peakBytes };
  } catch {
    return undefined;
  }
}

export interface MemoryGuard {
  /** Takes a reading at once: at an invocation's end the peak must be known. */
  look(): void;
  /** Takes a reading that the process made of itself. */
  note(reading: MemoryReading): void;
  peakBytes(): number;
  stop(): void;
}

/** Often enough to catch a leak, seldom enough to cost nothing; a burst between two looks still shows in the peak. */
const checkMs = 250;
const mebibyte = 1024 * 1024;

/** Watches a process's memory and calls `onExceeded` when it is more than Lambda would give it. */
export function guardMemory(
  pid: number | undefined,
  limitMb: number,
  onExceeded: (usedMb: number) => void,
): MemoryGuard {
  let peakBytes = 0;
  const note = (reading: MemoryReading) => {
    peakBytes = Math.max(peakBytes, reading.peakBytes);
    if (reading.bytes > limitMb * mebibyte) onExceeded(Math.ceil(reading.bytes / mebibyte));
  };
  const look = () => {
    const reading = canReadProcesses && pid !== undefined ? readMemory(pid) : undefined;
    if (reading !== undefined) note(reading);
  };
  const timer = setInterval(look, checkMs);
  return { look, note, peakBytes: () => peakBytes, stop: () => clearInterval(timer) };
}
