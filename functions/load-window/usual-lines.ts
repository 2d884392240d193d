import type { TimeCorrectionOptions } from '../shared/event-time.ts';
import type { CompiledMapping, LineReader } from '../shared/mapping/index.ts';
import type { PropertyProfile } from '../shared/property-profile.ts';
import { createConnectorOf, type MappedSource, type RecordOrigin } from './record-of-line.ts';

/** Properties that identity and time are made of. */
const identityNames = ['time', '$insert_id', '$distinct_id_before_identity', 'distinct_id'] as const;

/** A record for the mapping whose reader made it; the next line's overwrites it. */
export type DividedSource = Omit<MappedSource, 'properties'> & Pick<LineReader, 'properties'>;

/** Reads lines of the usual form, as stored ones nearly all are, for one mapping: the same records, sooner. */
export interface UsualLines {
  /** @returns undefined for a line that has to be read in the general way. */
  recordOf(line: Buffer): DividedSource | undefined;
  /** Which properties the lines read had. */
  profile(): PropertyProfile;
}

/** @returns undefined for a mapping that needs whole objects. */
export function createUsualLines(
  mapping: CompiledMapping,
  time: TimeCorrectionOptions,
  origin: RecordOrigin,
): UsualLines | undefined {
  const reader = mapping.lineReader?.(identityNames);
  if (reader === undefined) return undefined;
  const connectorOf = createConnectorOf(time, origin);
  return {
    recordOf(line) {
      const event = reader.read(line);
      if (event === undefined) return undefined;
      const identified = {
        event,
        properties: {
          time: reader.value(0),
          $insert_id: reader.value(1),
          $distinct_id_before_identity: reader.value(2),
          distinct_id: reader.value(3),
        },
      };
      return { event, properties: reader.properties, connector: connectorOf(identified, line) };
    },
    profile: () => reader.profile(),
  };
}
