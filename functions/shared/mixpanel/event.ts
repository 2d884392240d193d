/** One line of an export. Properties are kept as they came: any JSON value under any name. */
export interface MixpanelEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * Reads a parsed line as an event; undefined when it is none. Written out by hand because it runs once per event of
 * a window: a schema library would copy every event to say the same.
 */
export function asEvent(value: unknown): MixpanelEvent | undefined {
  if (!isObject(value)) return undefined;
  const { event, properties } = value;
  return typeof event === 'string' && isObject(properties) ? { event, properties } : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
