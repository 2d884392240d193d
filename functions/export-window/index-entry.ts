import { lineHashBytes } from '../shared/content-hash.ts';
import { idBytes } from '../shared/record-identity.ts';

/**
 * What the duplicate index keeps of a line: key (16 bytes), line hash (16), mp_processing_time_ms (double), part (uint32),
 * line (uint32). A million events take 48 MB of temporary storage.
 */
export const lineHashAt = idBytes;
export const processedAt = lineHashAt + lineHashBytes;
export const partAt = processedAt + 8;
export const lineAt = partAt + 4;
export const entryBytes = lineAt + 4;
