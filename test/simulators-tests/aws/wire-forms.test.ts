import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '../../simulators/aws/s3/aws-chunked.ts';
import { createChecksum } from '../../simulators/aws/s3/checksum.ts';
import { parseRange } from '../../simulators/aws/s3/range.ts';
import { parseXml, xmlDocument } from '../../simulators/aws/s3/xml.ts';
import fc from '../../support/seeded-fast-check.ts';

describe('the aws-chunked decoder', () => {
  const frame = (chunks: readonly Uint8Array[], trailers: readonly string[]) =>
    Buffer.concat([
      ...chunks.flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)};chunk-signature=abc\r\n`),
        chunk,
        Buffer.from('\r\n'),
      ]),
      Buffer.from(`0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`),
    ]);
  const split = (bytes: Buffer, at: readonly number[]) => {
    const ends = [...new Set(at.map((point) => point % bytes.length))].sort((left, right) => left - right);
    return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  };
  const decode = async (pieces: readonly Buffer[]) => {
    const decoder = new AwsChunkedDecoder();
    const collected: Buffer[] = [];
    await pipeline(
      pieces.filter(({ length }) => length > 0),
      decoder,
      async (source: AsyncIterable<Buffer>) => {
        for await (const piece of source) collected.push(piece);
      },
    );
    return { bytes: Buffer.concat(collected), trailers: decoder.trailers };
  };
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 });

  it('gives the bytes and the trailers, however the network cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.array(fc.nat(), { maxLength: 9 }), async (all, cuts) => {
        const framed = frame(all, ['x-amz-checksum-crc32:abc=']);
        const { bytes, trailers } = await decode(split(framed, cuts));
        expect(bytes.equals(Buffer.concat(all))).toBe(true);
        expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'abc=']]);
      }),
    );
  });

  it('refuses a body that ends before its last chunk', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat(), async (all, cut) => {
        const framed = frame(all, []);
        const beforeLast = framed.length - '0\r\n\r\n'.length;
        await expect(decode([framed.subarray(0, cut % (beforeLast + 1))])).rejects.toThrow();
      }),
    );
  });

  it.each(['nonsense\r\n', 'fffffffffffff\r\n', '-1\r\n'])('refuses the chunk head %j', async (head) => {
    await expect(decode([Buffer.from(head)])).rejects.toThrow();
  });
});

describe('checksums', () => {
  // The check values of the published catalogue of CRCs, over the text "123456789".
  it.each([
    ['crc32', 'cbf43926'],
    ['crc32c', 'e3069283'],
    ['crc64nvme', 'ae8b14860a799888'],
  ] as const)('%s has its published value', (algorithm, value) => {
    const checksum = createChecksum(algorithm);
    checksum.update(Buffer.from('1234'));
    checksum.update(Buffer.from('56789'));
    expect(checksum.digest().toString('hex')).toBe(value);
  });
});

describe('XML', () => {
  it('reads back any text that it wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const root = parseXml(xmlDocument('Root', { Item: [text, 'other'], Empty: '' }));
        expect(root.children.map((child) => child.text)).toEqual([text, 'other', '']);
      }),
    );
  });

  it('reads attributes, comments and empty elements', () => {
    const root = parseXml(
      '<?xml version="1.0"?>\n<a xmlns="x"><!-- c --><b/><c d="e">f &apos;&#65;&#x42;</c></a>',
    );
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([
      ['b', ''],
      ['c', "f 'AB"],
    ]);
  });

  it.each(['', '<a>', '<a></b>', '</a>', 'text', '<a><b></a></b>', '<a'])('refuses %j', (source) => {
    expect(() => parseXml(source)).toThrow('well-formed');
  });
});

describe('a range', () => {
  it('is what String.slice would take', () => {
    const sizes = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(sizes, fc.nat(19), fc.nat(25), (size, first, more) => {
        fc.pre(first < size);
        const range = parseRange(`bytes=${first}-${first + more}`, size);
        expect(range).toEqual({ first, last: Math.min(size - 1, first + more) });
      }),
    );
  });

  it.each(['bytes=0-1,3-4', 'lines=0-1', 'bytes=-', 'bytes=5-2', undefined])('ignores %j', (header) => {
    expect(parseRange(header, 10)).toBeUndefined();
  });

  it.each(['bytes=10-', 'bytes=-0'])('refuses %j of ten bytes', (header) => {
    expect(() => parseRange(header, 10)).toThrow('not satisfiable');
  });
});
