import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configOf, sourceInput, synthesise } from './synth-stack.ts';

/**
 * CloudFormation knows a resource by its logical id alone: under another one it makes a new resource, and the bucket, the
 * queues with what is in them, the filled secrets or the addresses that were allowed stay behind.
 */
const pinned = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(new URL('../fixtures/stateful-resources.json', import.meta.url), 'utf8')));

/** What holds something that a deploy must not lose: data, a name that others know, an answer that was given. */
const stateful = [
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::DynamoDB::Table',
  'AWS::SNS::Topic',
  'AWS::SNS::Subscription',
  'AWS::EC2::EIP',
];

const stack = synthesise(
  configOf({
    alarmEmail: 'data-team@example.com',
    staticEgress: true,
    sources: [sourceInput('shop-eu', { privacy: { hash: ['$email'] } }), sourceInput('archive')],
  }),
);
const found = stack.resources.filter(({ type }) => stateful.includes(type));

describe('what a deploy must not lose', () => {
  it('has the logical ids that it had when it was first deployed', () => {
    const ids = Object.fromEntries(found.map(({ id, type }) => [id, type]));
    // A new one belongs into test/fixtures/stateful-resources.json. One that is gone, or called otherwise, breaks every deployed stack.
    expect(ids).toEqual(pinned);
  });

  it('keeps archive and secrets when the stack, or a source in it, is removed', () => {
    const kept = found.filter(({ type }) => /S3::Bucket|SecretsManager::Secret|KMS::Key/.test(type));
    expect(kept.filter(({ type }) => type === 'AWS::SecretsManager::Secret')).toHaveLength(5);
    for (const { id, deletionPolicy, updateReplacePolicy } of kept) {
      expect({ id, deletionPolicy, updateReplacePolicy }).toEqual({
        id,
        deletionPolicy: 'Retain',
        updateReplacePolicy: 'Retain',
      });
    }
  });

  it('has the same logical ids whatever other sources there are', () => {
    const alone = synthesise(configOf({ sources: [sourceInput('archive')] })).resources.map(({ id }) => id);
    const ids = found.map(({ id }) => id).filter((id) => id.startsWith('SourceArchive'));
    expect(ids.length).toBeGreaterThan(5);
    expect(alone).toEqual(expect.arrayContaining(ids));
  });
});
