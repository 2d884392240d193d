// Loaded before what is measured: writes what the process has used, when it ends, into the file that CPU_REPORT names.
const { writeFileSync } = require('node:fs');

process.once('exit', () => writeFileSync(process.env.CPU_REPORT, JSON.stringify(process.cpuUsage())));
