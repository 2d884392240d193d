/** A running checksum with the bytes of its present value in network order. */
export interface Crc {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const castagnoli = 0x82f63b78;
let castagnoliTable: Uint32Array | undefined;

/** CRC-32C; Node offers the plain CRC-32 only. */
export function createCrc32c(): Crc {
  castagnoliTable ??= Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? castagnoli : 0);
    return value;
  });
  const table = castagnoliTable;
  let state = 0xffff_ffff;
  return {
    update(bytes) {
      for (const byte of bytes) state = (state >>> 8) ^ (table[(state ^ byte) & 0xff] ?? 0);
    },
    digest() {
      const value = Buffer.alloc(4);
      value.writeUInt32BE((state ^ 0xffff_ffff) >>> 0);
      return value;
    },
  };
}

const nvme = 0x9a6c9329ac4bc9b5n;
let nvmeTables: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined;

/** CRC-64/NVME, which S3 computes for an upload that names no checksum. Two halves: BigInt would be far slower. */
export function createCrc64Nvme(): Crc {
  nvmeTables ??= buildNvmeTables();
  const tables = nvmeTables;
  let high = 0xffff_ffff;
  let low = 0xffff_ffff;
  return {
    update(bytes) {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (tables.low[index] ?? 0);
        high = (high >>> 8) ^ (tables.high[index] ?? 0);
      }
    },
    digest() {
      const value = Buffer.alloc(8);
      value.writeUInt32BE((high ^ 0xffff_ffff) >>> 0);
      value.writeUInt32BE((low ^ 0xffff_ffff) >>> 0, 4);
      return value;
    },
  };
}

function buildNvmeTables() {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (value & 1n ? nvme : 0n);
    high[index] = Number(value >> 32n);
    low[index] = Number(value & 0xffff_ffffn);
  }
  return { high, low };
}
