import { Command } from 'commander';
import project from '../package.json' with { type: 'json' };
import { backfillCommand } from './commands/backfill.ts';
import { doctorCommand } from './commands/doctor.ts';
import { estimateCommand } from './commands/estimate.ts';
import { forgetCommand } from './commands/forget.ts';
import { localCommand } from './commands/local.ts';
import { previewCommand } from './commands/preview.ts';
import { redriveCommand } from './commands/redrive.ts';
import { replayCommand } from './commands/replay.ts';
import { setupCommand } from './commands/setup.ts';
import { statusCommand } from './commands/status.ts';
import { exitCodes, reportFailure } from './failure.ts';
import { standardOutput } from './operator/command-output.ts';

/** One entry per command, in the order in which help lists them. */
const commands = [
  localCommand,
  setupCommand,
  previewCommand,
  doctorCommand,
  statusCommand,
  replayCommand,
  backfillCommand,
  redriveCommand,
  estimateCommand,
  forgetCommand,
];

/** The command line, without running anything. */
export function createProgram(): Command {
  const program = new Command('connector')
    .description(
      'Brings every raw Mixpanel event into Adobe Experience Platform, every day, provably complete and exactly once.',
    )
    .version(project.version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help for a command')
    .helpCommand(false)
    .showHelpAfterError('Run "connector --help" for what there is.')
    .exitOverride();
  for (const create of commands) {
    const command = create();
    // Before it is added: a command that is added does not take over its parent's settings by itself.
    program.addCommand(command.copyInheritedSettings(program));
    command.showHelpAfterError(`Run "connector ${command.name()} --help" for what there is.`);
  }
  return program;
}

/** Runs the command line and sets the process's exit code; the process ends when nothing is left running. */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyOnBrokenPipe();
  try {
    await createProgram().parseAsync(argv);
    process.exitCode ??= exitCodes.done;
  } catch (error) {
    process.exitCode = reportFailure(error, standardOutput().note);
  }
}

/** `connector … | head` closes the pipe: nobody reads any more, which is no failure. */
function endQuietlyOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(exitCodes.done);
    });
  }
}
