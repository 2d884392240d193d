// Lets mixpanel-import write an export into a file: `node mixpanel-import.cjs URL FILE`. Lies beside the node_modules that
// has it. The package names Mixpanel's hosts itself, so its stream is called with a job of ours, which has what it reads.
const { exportEvents } = require('mixpanel-import/components/exporters.js');

const [url, file] = process.argv.slice(2);
const day = '2026-03-08';
const job = {
  url,
  reqMethod: 'GET',
  auth: 'Basic bG9jYWw6YQ==',
  project: 2195193,
  start: day,
  end: day,
  params: {},
  store: () => undefined,
  requests: 0,
  failed: 0,
  retries: 0,
  recordsProcessed: 0,
  success: 0,
};
exportEvents(file, job).then(
  () => process.exit(0),
  () => process.exit(1),
);
