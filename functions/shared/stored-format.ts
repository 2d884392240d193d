import * as z from 'zod';

/**
 * An object that is stored, or sent to a queue of our own, and that an older release may have to hand on: fields that it
 * does not know are kept as they are, so that a deploy, or the way back from one, loses nothing that a newer one wrote.
 */
export function keptObject<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strip> {
  return z.looseObject(shape);
}

/**
 * The version of a stored object or message. A field that is only added needs no other version, but a default for what
 * was written without it. A change that an older release would read wrongly raises the version: that release then
 * leaves the object alone, and puts the message back for the release that knows it.
 */
export function formatVersion<Version extends number>(version: Version) {
  return z.literal(version, { error: () => `must be ${version}` });
}

/** The version of something that a newer release has written; undefined where that is not what is wrong with it. */
export function newerVersion(
  error: z.ZodError,
  value: unknown,
): { found: number; known: number } | undefined {
  const issue = error.issues.find((one) => one.code === 'invalid_value' && one.path.join('.') === 'version');
  const known = issue?.code === 'invalid_value' ? issue.values[0] : undefined;
  const found = versioned.safeParse(value).data?.version;
  if (typeof known !== 'number' || found === undefined || found <= known) return undefined;
  return { found, known };
}

const versioned = z.looseObject({ version: z.int() });
