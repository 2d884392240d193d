import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MappingError } from '../values/mapping-error.ts';
import type { Value } from '../values/value.ts';
import { requiredText, text } from './arguments.ts';
import { type FunctionSpec, fn } from './registry.ts';

/** A text's bytes in one of the charsets that Java knows by these names; UTF-8 unless told. */
function bytes(value: string, charset: Value): Buffer {
  const name = (text(charset) ?? 'UTF-8').toUpperCase();
  switch (name) {
    case 'UTF-8':
    case 'UTF8':
      return Buffer.from(value, 'utf8');
    case 'UTF-16':
      // Java writes big-endian with a byte order mark.
      return Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(value, 'utf16le').swap16()]);
    case 'UTF-16BE':
      return Buffer.from(value, 'utf16le').swap16();
    case 'UTF-16LE':
      return Buffer.from(value, 'utf16le');
    case 'ISO-8859-1':
      return singleBytes(value, 0xff);
    case 'US-ASCII':
      return singleBytes(value, 0x7f);
    default:
      throw new MappingError('the charset is none of UTF-8, UTF-16, ISO-8859-1, US-ASCII');
  }
}

/** What the charset can't write becomes a question mark, as Java's encoders do. */
function singleBytes(value: string, highest: number): Buffer {
  return Buffer.from(
    Array.from(value, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code <= highest ? code : 0x3f;
    }),
  );
}

/** MD5 and SHA-1 are here because mappings have to join with what others hashed so, not for secrecy. */
const digests: Readonly<Record<string, (data: Buffer) => string>> = {
  sha1: (data) => createHash('sha1').update(data).digest('hex'),
  sha256: (data) => createHash('sha256').update(data).digest('hex'),
  sha512: (data) => createHash('sha512').update(data).digest('hex'),
  md5: (data) => createHash('md5').update(data).digest('hex'),
  crc32: (data) => {
    // Platform prints the four bytes in reverse order, as Guava's hash codes do.
    const reversed = Buffer.alloc(4);
    reversed.writeUInt32LE(crc32(data));
    return reversed.toString('hex');
  },
};

/** No trimming and no lower case before hashing: that is for the rule to say. */
function digest(name: string, value: Value, charset: Value): Value {
  const algorithm = Object.hasOwn(digests, name) ? digests[name] : undefined;
  if (algorithm === undefined)
    throw new MappingError('the algorithm is none of sha1, sha256, sha512, md5, crc32');
  const read = text(value);
  return read === null ? null : algorithm(bytes(read, charset));
}

/** Digests of a text as lower-case hex. */
export const hashFunctions: Readonly<Record<string, FunctionSpec>> = {
  ...Object.fromEntries(
    Object.keys(digests).map((name) => [name, fn(1, 2, (value, charset) => digest(name, value, charset))]),
  ),
  hash: fn(2, 3, (algorithm, value, charset) =>
    digest(requiredText(algorithm, 'the algorithm').toLowerCase().replace('-', ''), value, charset),
  ),
};
