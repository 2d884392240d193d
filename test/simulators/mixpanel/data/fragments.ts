import { type EventKind, eventKinds } from './event-kinds.ts';
import type { Channel } from './people.ts';
import { Random, seedFrom } from './random.ts';

/** An event's name and its own properties, rendered once and used by many events. */
export interface Fragment {
  readonly name: string;
  /** The name as JSON text. */
  readonly nameText: string;
  /** JSON members, each begun by a comma. */
  readonly members: string;
}

/** Samples of one kind: enough that neighbours differ, few enough to render in an instant. */
const samplesPerKind = 48;
/** Sizes of padding to choose from, so that lines differ in length. */
const paddings = 16;
/** Mixpanel cuts strings at 255 bytes; filler stays below. */
const maxFillerLength = 250;

const filler =
  'wide range of ordinary words that a tracking plan collects over the years and nobody dares to remove ';

/** Every channel's fragments, each kind present as often as its weight says. */
export function fragmentsByChannel(seed: number): Readonly<Record<Channel, readonly Fragment[]>> {
  const samples = new Map(eventKinds.map((kind) => [kind, samplesOf(kind, seed)]));
  const of = (channel: Channel) =>
    eventKinds
      .filter((kind) => kind.channels.includes(channel))
      .flatMap((kind) => Array.from({ length: kind.weight }, () => samples.get(kind) ?? []).flat());
  return { web: of('web'), ios: of('ios'), android: of('android'), server: of('server') };
}

function samplesOf(kind: EventKind, seed: number): Fragment[] {
  const random = new Random(seedFrom(seed, kind.name));
  return Array.from({ length: samplesPerKind }, () => ({
    name: kind.name,
    nameText: JSON.stringify(kind.name),
    members: `${membersOf(kind.properties(random))}${kind.raw ?? ''}`,
  }));
}

/** An object's members, each begun by a comma. */
export function membersOf(properties: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(properties).slice(1, -1);
  return text === '' ? '' : `,${text}`;
}

/** Filler members of different lengths with the average asked for. */
export function paddingOf(averageBytes: number): readonly string[] {
  return Array.from({ length: paddings }, (_, index) =>
    fillerMembers(averageBytes * (0.5 + index / (paddings - 1))),
  );
}

function fillerMembers(bytes: number): string {
  let text = '';
  for (let number = 1; text.length + 16 < bytes; number += 1) {
    const length = Math.min(maxFillerLength, Math.floor(bytes) - text.length - 16);
    text += `,"detail ${number}":"${filler.repeat(3).slice(0, length).trim()}"`;
  }
  return text;
}
