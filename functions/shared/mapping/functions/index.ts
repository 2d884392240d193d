import { analyticsFunctions } from './analytics.ts';
import { conversionFunctions } from './conversions.ts';
import { dateFunctions } from './dates.ts';
import { hashFunctions } from './hashes.ts';
import { listFunctions } from './lists.ts';
import { mixpanelFunctions } from './mixpanel.ts';
import { objectFunctions } from './objects.ts';
import { type FunctionSpec, fn, type World } from './registry.ts';
import { stringFunctions } from './strings.ts';
import { urlFunctions } from './urls.ts';
import { userAgentFunctions } from './user-agents.ts';

const pureFunctions: Readonly<Record<string, FunctionSpec>> = {
  ...stringFunctions,
  ...hashFunctions,
  ...urlFunctions,
  ...objectFunctions,
  ...listFunctions,
  ...conversionFunctions,
  ...userAgentFunctions,
  ...analyticsFunctions,
  ...mixpanelFunctions,
};

/** Every function by its name, those that read the clock or draw random numbers bound to the world given. */
export function allFunctions(world: World): ReadonlyMap<string, FunctionSpec> {
  const uuid = fn(0, 0, () => world.uuid());
  return new Map(Object.entries({ ...pureFunctions, ...dateFunctions(world), uuid, guid: uuid }));
}
