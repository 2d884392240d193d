/** Integers of fewer digits are within 2^53 and keep every digit as a number. */
const longNumber = /\d{16}/;
/** A text, or an integer of sixteen digits and more that is not part of another number. */
const tokens = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])/gs;

/**
 * Parses JSON text and keeps integers beyond 2^53 whole, as bigints: ids of 64 bits are sent as numbers, and losing
 * their last digits would make them somebody else's. Costs a glance at texts without such numbers.
 *
 * @throws {SyntaxError} as JSON.parse does.
 */
export function parseExactJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  const marker = unusedMarker(text);
  let found = false;
  const marked = text.replaceAll(tokens, (token) => {
    if (token.startsWith('"') || Number.isSafeInteger(Number(token))) return token;
    found = true;
    return `"${marker}${token}"`;
  });
  const value: unknown = JSON.parse(marked);
  return found ? restored(value, marker) : value;
}

/** A beginning that no text of the record has. */
function unusedMarker(text: string): string {
  let marker = 'integer:';
  while (text.includes(marker)) marker = `integer${marker}`;
  return marker;
}

function restored(value: unknown, marker: string): unknown {
  if (typeof value === 'string') return value.startsWith(marker) ? BigInt(value.slice(marker.length)) : value;
  if (Array.isArray(value)) return value.map((item) => restored(item, marker));
  if (typeof value !== 'object' || value === null) return value;
  for (const [name, child] of Object.entries(value)) {
    const kept = restored(child, marker);
    // Defined, not assigned: the key may be `__proto__`.
    if (kept !== child)
      Object.defineProperty(value, name, {
        value: kept,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return value;
}
