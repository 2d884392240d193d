import { ZonedDate } from '../values/zoned-date.ts';
import { conversionFunctions } from './conversions.ts';
import { hashFunctions } from './hashes.ts';
import { listFunctions } from './lists.ts';
import { objectFunctions } from './objects.ts';
import { type FunctionSpec, fn, type World } from './registry.ts';
import { stringFunctions } from './strings.ts';

const pureFunctions: Readonly<Record<string, FunctionSpec>> = {
  ...stringFunctions,
  ...hashFunctions,
  ...objectFunctions,
  ...listFunctions,
  ...conversionFunctions,
};

/** Every function by its name, those that read the clock or draw random numbers bound to the world given. */
export function allFunctions(world: World): ReadonlyMap<string, FunctionSpec> {
  const uuid = fn(0, 0, () => world.uuid());
  return new Map(
    Object.entries({
      ...pureFunctions,
      now: fn(0, 0, () => new ZonedDate(world.clock())),
      timestamp: fn(0, 0, () => world.clock()),
      uuid,
      guid: uuid,
    }),
  );
}
