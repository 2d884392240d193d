/** A request of the user to end. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** As a shell says it of a program that a signal ended; 0 while there was none. */
  exitCode(): number;
  stopListening(): void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Under npm, one Ctrl-C arrives twice: from the terminal, and forwarded by npm. A person needs longer for a second. */
const repeatMs = 1000;

/**
 * Listens for Ctrl-C and its kin. The first asks for a clean end; a second one ends the process at once, and with it
 * everything that it has started.
 */
export function listenForInterruption(onFirst: (signal: string) => void): Interruption {
  const controller = new AbortController();
  let code = 0;
  let firstAt = 0;
  const onSignal = (signal: (typeof signals)[number]) => {
    if (code !== 0) {
      if (Date.now() - firstAt > repeatMs) process.exit(code);
      return;
    }
    code = exitCodes[signal];
    firstAt = Date.now();
    onFirst(signal);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => code,
    stopListening() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
