import { parseArgs } from 'node:util';
import { fuzzMappings } from './fuzz-mappings.ts';

/** Maps records that nobody would think of: `npm run fuzz [-- --records 1000000 --seed 1]`. */
const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const records = Number(values.records);
const seed = Number(values.seed);
if (!Number.isInteger(records) || records < 1 || !Number.isInteger(seed))
  throw new Error('--records and --seed must be whole numbers');

console.log(`seed ${seed}`);
const start = performance.now();
let shown = 0;
const result = fuzzMappings({
  records,
  seed,
  onProgress(done) {
    const tenth = Math.floor((10 * done) / records);
    if (tenth > shown) console.log(`${done} records`);
    shown = tenth;
  },
});
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(
  `${result.records} records by ${result.sets} mapping sets in ${seconds} s: none threw; ${result.usual} gave the same read both ways; ${result.withErrors} with errors of rules, ${result.rejected} rejected; ${result.refused} sets refused`,
);
