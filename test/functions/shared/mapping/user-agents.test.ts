import { readFileSync } from 'node:fs';
import Bowser from 'bowser';
import { describe, expect, it } from 'vitest';
import { evaluate, result } from './builders.ts';

const page = readFileSync(new URL('../../../../docs/mapping.md', import.meta.url), 'utf8');
const start = page.indexOf('#### Differences from Yauaa');
const section = page.slice(start, page.indexOf('\n###', start + 1));

interface Difference {
  readonly example: string;
  readonly yauaa: unknown;
  readonly here: unknown;
}

/** The rows of the table of differences: an example, what Yauaa gives, what it gives here. */
const differences: readonly Difference[] = section.split('\n').flatMap((line) => {
  const [, example, yauaa, here] = /^\| `(.*)` \| `(.*)` \| `(.*)` \| .* \|$/.exec(line) ?? [];
  return example && yauaa && here ? [{ example, yauaa: JSON.parse(yauaa), here: JSON.parse(here) }] : [];
});

/** What Platform's documentation lists. */
const documentedClasses = [
  ...['Desktop', 'Anonymized', 'Unknown', 'Mobile', 'Tablet', 'Phone', 'Watch', 'Augmented Reality'],
  ...['Virtual Reality', 'eReader', 'Set-top box', 'TV', 'Home Appliance', 'Game Console'],
  ...['Handheld Game Console', 'Voice', 'Car', 'Robot', 'Robot Mobile', 'Robot Imitator', 'Cloud', 'Hacker'],
];

const android = 'Mozilla/5.0 (Linux; Android 14; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko)';
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
const agents = {
  desktop: `${windows} Chrome/126.0.6478.57 Safari/537.36`,
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  edge: `${windows} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68`,
  phone: `${android} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
  tablet: `${android} Chrome/126.0.6478.57 Safari/537.36`,
  tv: 'Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/538.1 (KHTML, like Gecko) Version/5.0 Safari/538.1',
  robot: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  none: 'SomeApp/1.0',
};

const read = (name: string, agent: string) => result(`${name}(agent)`, { agent });

/** Names in code of the sentence that begins so. */
function namesAfter(words: string): string[] {
  const from = section.indexOf(words);
  const sentence = section.slice(from, section.indexOf('`.', from) + 1);
  return [...sentence.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => name ?? []);
}

describe('user agents', () => {
  it('are told apart by six classes, as the page says, and by no other', () => {
    const classes = new Set(Object.values(agents).map((agent) => read('ua_device_class', agent)));
    expect([...classes]).toEqual(['Desktop', 'Phone', 'Tablet', 'TV', 'Robot', 'Unknown']);
    expect(namesAfter('Device classes here')).toEqual([...classes]);
    // Each type that the parser knows has a class of its own; without a type the class is Unknown.
    expect(Object.keys(Bowser.PLATFORMS_MAP)).toHaveLength(classes.size - 1);
  });

  it('are never of the other classes that Platform documents, each of which the page names', () => {
    const given = namesAfter('Device classes here');
    const never = namesAfter("Of Platform's others");
    expect([...given, ...never].toSorted()).toEqual(documentedClasses.toSorted());
  });

  it.each([
    ['ua_os_name', agents.desktop, 'Windows NT'],
    ['ua_os_version', agents.desktop, '10.0'],
    ['ua_os_name', agents.mac, 'Mac OS'],
    ['ua_agent_name', agents.edge, 'Edge'],
    ['ua_agent_version', agents.edge, '126.0.2592.68'],
    ['ua_agent_name', agents.phone, 'SamsungBrowser'],
  ])('have names that Yauaa has: %s of %s', (name, agent, expected) => {
    expect(read(name, agent)).toBe(expected);
  });

  it('differ from Yauaa in ways that the page lists, row by row', () => {
    expect(differences).toHaveLength(section.split('\n').filter((line) => line.startsWith('| `')).length);
    expect(differences.length).toBeGreaterThan(20);
  });

  it.each(differences)('$example', ({ example, yauaa, here }) => {
    expect(yauaa).not.toEqual(here);
    expect(evaluate(example)).toEqual(here === null ? {} : { value: here });
  });
});
