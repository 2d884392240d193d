/** As in assembly/json.ts, which says what they mean; the fourth is whatever is none of these. */
const kinds = { absent: 0, asciiText: 1, wholeNumber: 2 } as const;
/** Where in a slot it is told what a value is. */
const offsets = { kind: 0, from: 4, to: 8, number: 16 } as const;

export interface SlotReading<Value> {
  readonly memory: Buffer;
  readonly slotsAt: number;
  readonly slotBytes: number;
  /** ASCII text, from its first byte to the one past its last. */
  readonly textAt: (from: number, to: number) => string;
  /** Any other JSON text. */
  readonly otherAt: (from: number, to: number) => Value;
}

/** Reads values where a module has told in slots where they are; undefined for a slot that tells of none. */
export function createSlotReader<Value>({
  memory,
  slotsAt,
  slotBytes,
  textAt,
  otherAt,
}: SlotReading<Value>): (slot: number) => Value | string | number | undefined {
  const words = new DataView(memory.buffer, memory.byteOffset + slotsAt);
  return (slot) => {
    const at = slot * slotBytes;
    const kind = words.getUint32(at + offsets.kind, true);
    if (kind === kinds.absent) return undefined;
    if (kind === kinds.wholeNumber) return words.getFloat64(at + offsets.number, true);
    const from = words.getUint32(at + offsets.from, true);
    const to = words.getUint32(at + offsets.to, true);
    return kind === kinds.asciiText ? textAt(from + 1, to - 1) : otherAt(from, to);
  };
}
