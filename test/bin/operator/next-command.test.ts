import { expect, it } from 'vitest';
import { nextHint, sameConnector } from '../../../bin/operator/next-command.ts';

it('repeats every option that names the connector, and none that does not', () => {
  const options = {
    source: 'shop',
    config: 'eu/connector.json',
    region: 'eu-west-1',
    profile: 'etl',
    outputs: 'outputs.json',
    json: true,
  };
  const same = ' --config eu/connector.json --region eu-west-1 --profile etl --outputs outputs.json';
  expect(sameConnector(options)).toBe(same);
  expect(nextHint(options)).toBe(` --source shop${same}`);
  expect(nextHint({ json: false })).toBe('');
});

it('writes what a shell would take apart as one word', () => {
  expect(sameConnector({ config: "Ann's/my config.json" })).toBe(" --config 'Ann'\\''s/my config.json'");
});

it('says what works off what was asked of a local connector that does not run', () => {
  expect(nextHint({ data: '/nowhere' })).toBe(
    ' --data /nowhere; it is worked off by: connector local --data /nowhere',
  );
});
