// summary.mjs REPORT: what of vitest's JSON report is to be seen last: the suites that lacked what they need, and the counts.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const titles = report.testResults.flatMap(({ assertionResults }) =>
  assertionResults.map(({ ancestorTitles }) => ancestorTitles.join(' > ')),
);
const notRun = [...new Set(titles)].filter((title) => title.includes('(not run: '));
const skipped = report.numPendingTests + report.numTodoTests;
const failed = report.numFailedTests || (report.success ? 0 : report.numFailedTestSuites || 1);
const counts = `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
process.stdout.write([...notRun.map((title) => `ci: ${title}`), counts, ''].join('\n'));
