import { parseArgs } from 'node:util';
import { fuzzAnswers } from './fuzz-answers.ts';
import { fuzzLines } from './fuzz-lines.ts';
import { fuzzMappings } from './fuzz-mappings.ts';
import { fuzzTexts } from './fuzz-texts.ts';

/** Maps records, and reads hostile input, that nobody would think of: `npm run fuzz [-- --records 1000000 --seed 1]`. */
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

// One input takes as long as mapping some twenty records.
const runs = Math.ceil(records / 20);
const tell = (name: string, { taken, refused }: { readonly taken: number; readonly refused: number }) =>
  console.log(`hostile ${name}: ${taken} taken, ${refused} refused`);
tell('lines', fuzzLines({ runs, seed }));
for (const [name, counts] of fuzzTexts({ runs, seed })) tell(name, counts);
tell('answers', await fuzzAnswers({ runs, seed }));
