import { TerminalError } from '../errors.ts';
import { mixpanelHosts, type SourceSettings } from '../source-settings.ts';
import { shortened } from '../vendor-request.ts';
import { createMixpanelApp, type MixpanelProject } from './app-client.ts';
import type { MixpanelCredential } from './credentials.ts';

type Region = SourceSettings['mixpanel']['region'];

/** An application host, and the region that it is of. */
export interface RegionHost {
  readonly region: Region;
  readonly appUrl: string;
}

export interface RefusedCredential {
  readonly credential: MixpanelCredential;
  readonly projectId: string;
  /** The configured region's first; none where nothing is to be asked. */
  readonly hosts: readonly RegionHost[];
}

/**
 * Hosts that may know a credential. Behind a proxy there is only its own; where exports alone come from elsewhere, a
 * simulator perhaps, no host of Mixpanel's is given the credential.
 */
export function hostsOf({
  region,
  baseUrl,
  appUrl,
}: Pick<SourceSettings['mixpanel'], 'region' | 'baseUrl' | 'appUrl'>) {
  const own: RegionHost = { region, appUrl };
  const { export: exports, app } = mixpanelHosts[region];
  if (appUrl !== app) return [own];
  if (baseUrl !== exports) return [];
  const regions: readonly Region[] = ['us', 'eu', 'in'];
  const others = regions.filter((one) => one !== region);
  return [own, ...others.map((one): RegionHost => ({ region: one, appUrl: mixpanelHosts[one].app }))];
}

/** A login is one small answer; the dead letter that waits for it need not wait longer. */
const answerMs = 10_000;
/** Project ids that are named. */
const mostProjects = 5;

/** What a region's host says: the projects that the credential may open, a refusal, or nothing that helps. */
type Answer = Readonly<Record<string, MixpanelProject>> | 'accepted' | 'refused' | undefined;

/**
 * Why Mixpanel refuses an export, as far as its application API tells, which costs no query: a credential works in one
 * region alone, so whether another region knows it tells a wrong region from a wrong secret. Never throws.
 *
 * @returns a sentence for the operator; undefined where nothing can be told.
 */
export async function explainRefusal(refused: RefusedCredential): Promise<string | undefined> {
  // A project secret can't log in to the application API.
  if (refused.credential.kind === 'projectSecret') return undefined;
  const answers = await Promise.all(refused.hosts.map(({ appUrl }) => ask(refused, appUrl)));
  const [own] = refused.hosts;
  const [ofOwn] = answers;
  if (own === undefined || ofOwn === undefined || ofOwn === 'accepted') return undefined;
  if (ofOwn !== 'refused') return inProject(refused, ofOwn);
  const home = refused.hosts.find((_, index) => answers[index] !== 'refused' && answers[index] !== undefined);
  if (home !== undefined) {
    return `the credential is good in ${home.region} and not known in ${own.region}: set mixpanel.region to "${home.region}" and deploy`;
  }
  const silent = refused.hosts.filter((_, index) => answers[index] === undefined);
  const asked = refused.hosts.filter((_, index) => answers[index] === 'refused').map(({ region }) => region);
  if (silent.length > 0)
    return `refused in ${asked.join(', ')}; ${silent.map(({ region }) => region).join(', ')} gave no answer`;
  const where =
    asked.length === 1
      ? `the host of ${own.region} refuses its login too`
      : `no region of ${asked.join(', ')} knows it`;
  return `${where}: the credential is wrong, has ended or is gone; put a right one into the secret`;
}

function inProject(
  { projectId }: RefusedCredential,
  projects: Readonly<Record<string, MixpanelProject>>,
): string {
  if (projects[projectId] !== undefined) {
    return 'the credential is good and may see the project: its role must allow to export';
  }
  const ids = Object.keys(projects).slice(0, mostProjects);
  const may = ids.length === 0 ? 'none' : shortened(ids.join(', '));
  return `the credential is good, and may not open project ${projectId} but ${may}: correct mixpanel.projectId, or add the account to the project`;
}

async function ask({ credential }: RefusedCredential, appUrl: string): Promise<Answer> {
  const app = createMixpanelApp({
    appUrl,
    credentials: { get: async () => credential },
    secretId: '',
    signal: AbortSignal.timeout(answerMs),
  });
  try {
    return (await app.projects()) ?? 'accepted';
  } catch (error) {
    // Anything else than a refusal tells nothing of the credential.
    return error instanceof TerminalError && error.code === 'mixpanel_auth' ? 'refused' : undefined;
  }
}
