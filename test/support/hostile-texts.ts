import fc from './seeded-fast-check.ts';

/** Stands for what no error may show: a property's value, a secret. */
export const hush = 'hush-hush';

const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', ''];

/** Numbers, texts and nestings that parsers have stumbled over, as JSON text. */
const oddValues = fc.constantFrom(
  ...['1e400', '-1e400', '1e308', '-0', '0.1', '5e-324', '12345678901234567890', `-${'9'.repeat(120)}`],
  ...[
    'null',
    'true',
    '[]',
    '{}',
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e"',
    '"\\n"',
    '"\\u001b[2J"',
  ],
  ...[
    `"${'x'.repeat(70_000)}"`,
    '"é"',
    '"日本"',
    '"\u2028"',
    '"\ufeff"',
    `"${hush}"`,
    `{"${'k'.repeat(5000)}":1}`,
  ],
  ...[
    nested(200),
    nested(20_000),
    `{"a":${nested(20_000, '12345678901234567890')}}`,
    `[${'1,'.repeat(3000)}1]`,
  ],
);

/** A value nested so deep. */
function nested(depth: number, core = '"x"'): string {
  return `${'[{"a":'.repeat(depth / 2)}${core}${'}]'.repeat(depth / 2)}`;
}

/** JSON texts: values as they should be, odd ones, and those of any other kind. */
export function valueTexts(usual: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('1', ...usual) },
    { weight: 2, arbitrary: oddValues },
    fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  );
}

/** Objects as JSON text, with names that are looked for, that objects inherit, and that come twice. */
export function objectTexts(
  names: readonly string[],
  values: fc.Arbitrary<string>,
  maxMembers = 12,
): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('a', ...names) },
    fc.constantFrom(...prototypeNames),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  return fc
    .array(
      fc.tuple(name, values).map(([key, value]) => `${JSON.stringify(key)}:${value}`),
      { maxLength: maxMembers },
    )
    .map((members) => `{${members.join(',')}}`);
}

/** A JSON object like this one, with one of its values, at any depth, changed to another. */
export function changed(example: unknown, values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const places = JSON.stringify(example, (_, value: unknown) => value).split(/(?<=[:,[])(?=["\d{[tfn-])/);
  return fc
    .tuple(fc.nat(places.length - 1), values)
    .map(([at, value]) =>
      places
        .map((piece, index) =>
          index === at ? piece.replace(/^("[^"]*"|[\w.-]+)(?!\s*:)/, () => value) : piece,
        )
        .join(''),
    );
}

const oddBytes = fc.constantFrom(
  ...[
    [0],
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xef, 0xbb, 0xbf],
    [0x0a],
    [0x0d, 0x0a],
    [0x1f, 0x8b],
    [0x22],
  ].map((bytes) => Buffer.from(bytes)),
);

/** The text's bytes, nearly always as they are; now and then cut, or with bytes in them that don't belong there. */
export function damaged(texts: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const damages = fc.option(fc.tuple(fc.constantFrom('cut', 'insert', 'repeat'), place, oddBytes), {
    freq: 3,
  });
  return fc.tuple(texts, damages).map(([text, damage]) => {
    const bytes = Buffer.from(text);
    if (damage === null) return bytes;
    const [kind, share, odd] = damage;
    const at = Math.floor(share * bytes.length);
    if (kind === 'cut') return bytes.subarray(0, at);
    return Buffer.concat([bytes.subarray(0, at), kind === 'insert' ? odd : bytes, bytes.subarray(at)]);
  });
}
