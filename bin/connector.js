#!/usr/bin/env node
// Plain JavaScript, readable by any Node that knows modules: a Node too old must be told so before it meets a
// syntax or a module that it does not know.

const oldest = [20, 19];
const running = process.versions.node.split('.').map(Number);
const enough = running[0] > oldest[0] || (running[0] === oldest[0] && running[1] >= oldest[1]);

if (enough) {
  // The SDK's own warning of Node versions that it will need one day; ours is above, and a screen is short.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  import('./command-line.js')
    .then(({ openCommandLine }) => openCommandLine())
    .then((connector) => connector.main(process.argv))
    .catch((error) => {
      process.stderr.write(`connector: ${error.message}\nRun "npm ci" in the project's folder first.\n`);
      process.exitCode = 1;
    });
} else {
  process.stderr.write(
    `connector needs Node ${oldest.join('.')} or newer; this is Node ${process.versions.node}.\n` +
      'Install a newer one (https://nodejs.org) and run the command again.\n',
  );
  process.exitCode = 2;
}
