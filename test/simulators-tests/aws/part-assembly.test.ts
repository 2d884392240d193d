import { describe, expect, it } from 'vitest';
import { createPartAssembly } from '../../simulators/aws/s3/part-assembly.ts';

const open = () => {
  const assembly = createPartAssembly();
  assembly.open('id');
  return assembly;
};

describe('the place of a part', () => {
  it('is where it will lie in the object, in whatever order parts come', () => {
    const assembly = open();
    expect([2, 1, 3].map((number) => assembly.claim('id', number, 10))).toEqual([10, 0, 20]);
  });

  it('is given once: a part that is sent again must not spoil the one before', () => {
    const assembly = open();
    assembly.claim('id', 1, 10);
    assembly.release('id', 1);
    expect(assembly.claim('id', 1, 10)).toBeUndefined();
  });

  it('is not given to a part that would reach into the next one', () => {
    const assembly = open();
    assembly.claim('id', 1, 10);
    expect(assembly.claim('id', 2, 11)).toBeUndefined();
    expect(assembly.claim('id', 2, 4)).toBe(10);
  });

  it('is not given while the upload is being completed, nor for an upload from before a restart', () => {
    const assembly = open();
    assembly.seal('id');
    expect(assembly.claim('id', 1, 10)).toBeUndefined();
    expect(assembly.claim('other', 1, 10)).toBeUndefined();
    expect(assembly.seal('other')).toBe(false);
  });

  it('keeps the whole from being used while somebody is still writing', () => {
    const assembly = open();
    assembly.claim('id', 1, 10);
    expect(assembly.seal('id')).toBe(false);
    assembly.release('id', 1);
    expect(assembly.seal('id')).toBe(true);
  });
});
