import { describe } from 'vitest';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { describeObjectStore } from '../../support/object-store.contract.ts';

describe('the object store in memory', () => {
  describeObjectStore(async () => createMemoryObjectStore());
});
