import { describe, expect, it } from 'vitest';
import { fuzzAnswers } from './fuzz-answers.ts';
import { fuzzLines } from './fuzz-lines.ts';
import { fuzzTexts } from './fuzz-texts.ts';

// `npm run fuzz` is the same at length.
describe('made-up hostile input', () => {
  it('of lines is read alike by all who read it, or refused without a word of it', () => {
    const { taken, refused } = fuzzLines({ runs: 400, seed: 1 });
    expect(taken).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it('of messages, configuration, environment, mapping sets, secrets and records is taken or refused', () => {
    for (const [name, { taken, refused }] of fuzzTexts({ runs: 150, seed: 1 })) {
      expect(taken, name).toBeGreaterThan(0);
      expect(refused, name).toBeGreaterThan(0);
    }
  });

  it('of vendors’ answers is an answer or an error of ours, without a secret, and a wait of an hour at most', async () => {
    const { taken, refused } = await fuzzAnswers({ runs: 400, seed: 1 });
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(100);
  });
});
