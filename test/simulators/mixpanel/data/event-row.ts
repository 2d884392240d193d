import type { Project } from '../options.ts';
import { type CalendarDay, offsetAt } from './calendar.ts';
import type { Fragment } from './fragments.ts';
import type { Channel, Person } from './people.ts';
import { base36Of32, hex8, mix, type Random, uuidOf } from './random.ts';

/** One row of an export before it is written out. */
export interface EventRow {
  readonly event: string;
  readonly nameText: string;
  /** As stored: true UTC, or shifted into the zone for a legacy project. */
  readonly timeMs: number;
  readonly trueUtcMs: number;
  readonly apiMs: number;
  readonly processingMs: number;
  readonly insertId: string | null;
  /** As exported now. */
  readonly distinctId: string;
  /** As the sender wrote it; differs only for a re-keyed row. */
  readonly sentDistinctId: string;
  /** Members after those above, each begun by a comma. */
  readonly members: string;
  readonly late: boolean;
  readonly timeForm: 'number' | 'iso' | 'isoZ' | 'float';
}

/** What every event of a project and day is made from. */
export interface DayIngredients {
  readonly project: Project;
  readonly day: CalendarDay;
  readonly daySeed: number;
  readonly people: readonly Person[];
  readonly fragments: Readonly<Record<Channel, readonly Fragment[]>>;
  readonly paddings: readonly string[];
}

/** Where in the day an event lies, and what makes its ids its own. */
export interface RowPosition {
  /** From 0 to 1. */
  readonly atShare: number;
  /** Unique in the day. */
  readonly serial: number;
  readonly late: boolean;
  readonly rekeyShare: number;
}

const minute = 60_000;
/** Share of events in an original-merge project that are identity events. */
const identityEventShare = 0.02;
/** Share of a server's events that came through /import, and of hot-shard events among all. */
const importShare = 0.5;
const hotShardShare = 0.001;

/** Builds one event; the same ingredients, position and random numbers always give the same row. */
export function rowAt(ingredients: DayIngredients, position: RowPosition, random: Random): EventRow {
  const { project, day } = ingredients;
  const person = random.pick(ingredients.people);
  const trueUtcMs = instantAt(day, position.atShare);
  const imported = person.channel === 'server' && random.chance(importShare);
  const apiMs = position.late ? lateArrival(day, random) : trueUtcMs + arrivalDelay(imported, random);
  const ids = identityOf(project, person, position, random);
  const kind = kindOf(ingredients, person, random);
  const hotShard = random.chance(hotShardShare);
  const empty = hotShard || random.chance(project.quirks.emptyDistinctId);
  const insertId = random.chance(project.quirks.missingInsertId)
    ? null
    : insertIdOf(person.channel, ingredients.daySeed, position.serial, random);
  const members =
    `,"$mp_api_endpoint":"${person.channel === 'server' ? 'api.mixpanel.com' : 'api-js.mixpanel.com'}"` +
    `${imported ? ',"$import":true' : ''}${empty ? '' : ids.members}${person.members}${kind.members}` +
    `${hotShard ? `,"mp_original_event_name":${kind.nameText},"mp_original_distinct_id":"hot"` : ''}` +
    `${random.pick(ingredients.paddings)}`;
  return {
    event: hotShard ? '$hotshard_events' : kind.name,
    nameText: hotShard ? '"$hotshard_events"' : kind.nameText,
    timeMs: project.legacy ? trueUtcMs + offsetAt(day, trueUtcMs) : trueUtcMs,
    trueUtcMs,
    apiMs,
    processingMs: apiMs + random.between(200, 3000),
    insertId,
    distinctId: empty ? '' : ids.distinctId,
    sentDistinctId: empty ? '' : ids.sentDistinctId,
    members,
    late: position.late,
    timeForm: timeFormOf(project, random),
  };
}

/** People are awake at midday: the density is four times that of midnight. Rises with the share, never falls. */
export function instantAt(day: CalendarDay, share: number): number {
  const warped = share + (0.6 * Math.sin(2 * Math.PI * share)) / (2 * Math.PI);
  return (
    day.startUtcMs +
    Math.floor(Math.min(Math.max(warped, 0), 0.999_999_999) * (day.endUtcMs - day.startUtcMs))
  );
}

/** Seconds for most, minutes for some; an import follows its events by half an hour. */
function arrivalDelay(imported: boolean, random: Random): number {
  if (imported) return random.between(20 * minute, 60 * minute);
  return random.chance(0.9) ? random.between(500, 20_000) : random.between(20_000, 10 * minute);
}

/** Mixpanel calls an event late when it arrives more than two hours after its day. */
function lateArrival(day: CalendarDay, random: Random): number {
  return day.endUtcMs + random.between(120 * minute, 180 * minute);
}

function timeFormOf(project: Project, random: Random): EventRow['timeForm'] {
  const share = random.fraction();
  if (share < project.quirks.isoTime) return random.chance(0.5) ? 'iso' : 'isoZ';
  return share < project.quirks.isoTime + project.quirks.floatTime ? 'float' : 'number';
}

function kindOf(ingredients: DayIngredients, person: Person, random: Random): Fragment {
  const identityEvent = ingredients.project.identity === 'original' && random.chance(identityEventShare);
  if (identityEvent && person.userId !== undefined) return identityKind(person, person.userId, random);
  return random.pick(ingredients.fragments[person.channel]);
}

/** Original ID merge links identities by events; the SDK and the documented API spell `$identify` differently. */
function identityKind(person: Person, userId: string, random: Random): Fragment {
  const [user, device] = [JSON.stringify(userId), JSON.stringify(person.deviceId)];
  const kinds = [
    ['$identify', `,"$identified_id":${user},"$anon_id":${device}`],
    ['$identify', `,"$anon_distinct_id":${device}`],
    ['$create_alias', `,"alias":${user}`],
    ['$merge', `,"$distinct_ids":[${device},${user}]`],
  ] as const;
  const [name, members] = random.pick(kinds);
  return { name, nameText: JSON.stringify(name), members };
}

interface Identity {
  readonly distinctId: string;
  readonly sentDistinctId: string;
  readonly members: string;
}

function identityOf(project: Project, person: Person, position: RowPosition, random: Random): Identity {
  const { deviceId, userId } = person;
  const rekeyed = random.fraction() < position.rekeyShare;
  if (person.channel === 'server' && userId !== undefined) {
    return { distinctId: userId, sentDistinctId: userId, members: `,"$user_id":"${userId}"` };
  }
  const anonymousId = project.identity === 'simplified' ? `$device:${deviceId}` : deviceId;
  if (userId === undefined || position.atShare < person.signsInAt) {
    const distinctId = rekeyed && userId !== undefined ? userId : anonymousId;
    const before = distinctId === anonymousId ? '' : `,"$distinct_id_before_identity":"${anonymousId}"`;
    return { distinctId, sentDistinctId: anonymousId, members: `,"$device_id":"${deviceId}"${before}` };
  }
  const distinctId = project.identity === 'original' && person.anonymousIsCanonical ? deviceId : userId;
  return {
    distinctId,
    sentDistinctId: distinctId,
    members: `,"$device_id":"${deviceId}","$user_id":"${userId}"`,
  };
}

/** The shapes that senders really use; each keeps the serial whole, so that no two events of a day share one. */
function insertIdOf(channel: Channel, daySeed: number, serial: number, random: Random): string {
  const own = mix(serial);
  if (channel === 'web') return `${base36Of32(own)}${base36Of32(random.next())}`.slice(0, 16);
  if (channel === 'server') return `${hex8(daySeed)}-${hex8(random.next())}-${hex8(own)}`;
  return uuidOf(random.next(), daySeed, random.next(), own);
}

/** The row as a line of the export, without its line end. */
export function lineOf(row: EventRow, timeInMs: boolean): string {
  const insertId = row.insertId === null ? '' : `,"$insert_id":"${row.insertId}"`;
  return (
    `{"event":${row.nameText},"properties":{"time":${timeText(row, timeInMs)},"distinct_id":"${row.distinctId}"` +
    `${insertId},"mp_processing_time_ms":${row.processingMs},"$mp_api_timestamp_ms":${row.apiMs}` +
    `,"$mp_event_size":${row.members.length}${row.members}}}`
  );
}

function timeText(row: EventRow, timeInMs: boolean): string {
  if (row.timeForm === 'number') return String(timeInMs ? row.timeMs : Math.floor(row.timeMs / 1000));
  if (row.timeForm === 'float') return (row.timeMs / 1000).toFixed(3);
  const iso = new Date(row.timeMs).toISOString();
  return row.timeForm === 'isoZ' ? `"${iso}"` : `"${iso.slice(0, -1)}"`;
}
