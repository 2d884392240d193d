import * as z from 'zod';

/** One value of a secret. Binary values are base64. Times are epoch milliseconds. */
export const versionSchema = z.object({
  id: z.string(),
  createdAt: z.int(),
  stages: z.array(z.string()),
  text: z.string().optional(),
  binary: z.string().optional(),
});
/** A value and the stages that it is at. */
export type SecretVersion = z.output<typeof versionSchema>;

/** A secret with its values, newest last. It may have none yet. */
export const secretSchema = z.object({
  name: z.string(),
  arn: z.string(),
  description: z.string().optional(),
  kmsKeyId: z.string().optional(),
  tags: z.array(z.object({ Key: z.string(), Value: z.string() })),
  createdAt: z.int(),
  changedAt: z.int(),
  /** When a deleted secret is gone for good. */
  deletedAt: z.int().optional(),
  versions: z.array(versionSchema),
});
/** A secret as its file holds it. */
export type Secret = z.output<typeof secretSchema>;

/** The stage that readers get unless they name another. */
export const current = 'AWSCURRENT';
/** The stage of the value that was current before. */
export const previous = 'AWSPREVIOUS';

/** Values without a stage are remembered for a while, so that a repeated request is recognised as one. */
const keptWithoutStage = 10;

/**
 * The secret with one more value at these stages. A stage is at one value only; what AWSCURRENT leaves becomes
 * AWSPREVIOUS.
 */
export function addVersion(secret: Secret, version: SecretVersion): Secret {
  const leaving = version.stages.includes(current)
    ? secret.versions.find(({ stages }) => stages.includes(current))
    : undefined;
  const taken = leaving === undefined ? version.stages : [...version.stages, previous];
  const versions = secret.versions.map((old) => ({
    ...old,
    stages: [...old.stages.filter((stage) => !taken.includes(stage)), ...(old === leaving ? [previous] : [])],
  }));
  const idle = versions.filter(({ stages }) => stages.length === 0);
  const dropped = new Set(idle.slice(0, Math.max(0, idle.length - keptWithoutStage)));
  return {
    ...secret,
    changedAt: version.createdAt,
    versions: [...versions.filter((old) => !dropped.has(old)), version],
  };
}
