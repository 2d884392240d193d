import {
  createMixpanelApp,
  type MixpanelApp,
  type MixpanelProject,
} from '../../functions/shared/mixpanel/app-client.ts';
import {
  accountEnd,
  type CredentialEnd,
  credentialNoticeDays,
} from '../../functions/shared/mixpanel/credential-end.ts';
import { type MixpanelCredential, projectSecretEnd } from '../../functions/shared/mixpanel/credentials.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { resolveTimeZone } from '../../functions/shared/time-zone.ts';
import type { VendorAnswer } from '../../functions/shared/vendor-request.ts';
import { regionDifference, regionOf, zoneDifference } from '../operator/project-differences.ts';
import { type CheckReport, failed, type Outcome, passed, skipped, warned } from './check.ts';

export interface MixpanelCheckDeps {
  readonly settings: SourceSettings;
  readonly credential: MixpanelCredential;
  readonly secretId: string;
  readonly nowMs: number;
  readonly onAnswer: (answer: VendorAnswer) => void;
}

const names = ['Project id', 'Region', 'Time zone', 'Service account'] as const;
const dayMs = 86_400_000;
const expirySoonMs = credentialNoticeDays * dayMs;

/** Checks what Mixpanel's application API tells: no export query is spent. */
export async function checkMixpanel(report: CheckReport, deps: MixpanelCheckDeps): Promise<void> {
  const { credential, settings } = deps;
  if (credential.kind === 'projectSecret') {
    report.add(
      'Mixpanel login',
      skipped('a project secret can not log in to the application API; the export query tells'),
    );
    for (const name of names.slice(0, 3)) report.add(name, skipped('only a service account can see it'));
    report.add(
      'Service account',
      warned(
        `a legacy project secret, which Mixpanel switches off on ${projectSecretEnd}`,
        'make a service account in the organisation settings and put it into the secret',
      ),
    );
    return;
  }
  const app = createMixpanelApp({
    appUrl: settings.mixpanel.appUrl,
    credentials: { get: async () => credential },
    secretId: deps.secretId,
    onAnswer: deps.onAnswer,
  });
  const remedy =
    'see whether the service account is still there and not expired, and whether mixpanel.region is right';
  const found = await report.attempt('Mixpanel login', remedy, async () => {
    const projects = await app.projects();
    const outcome =
      projects === undefined
        ? warned(
            'the credential is known, and may not see its own details',
            'nothing needs it; the export query tells whether it may export',
          )
        : passed('the credential is accepted');
    return { outcome, found: { projects } };
  });
  const project = found?.projects?.[settings.mixpanel.projectId];
  if (found?.projects === undefined) {
    for (const name of names) report.add(name, skipped('needs what Mixpanel tells of the login'));
    return;
  }
  report.add('Project id', projectOutcome(settings, found.projects, project));
  if (project === undefined) {
    for (const name of names.slice(1)) report.add(name, skipped('needs the project'));
    return;
  }
  report.add('Region', regionOutcome(settings, project));
  report.add('Time zone', zoneOutcome(settings, project, deps.nowMs));
  await checkExpiry(report, app, deps, project);
}

function projectOutcome(
  { mixpanel }: SourceSettings,
  projects: Readonly<Record<string, MixpanelProject>>,
  project: MixpanelProject | undefined,
): Outcome {
  if (project !== undefined) return passed(`${mixpanel.projectId} is "${project.name}"`);
  const ids = Object.keys(projects);
  const seen = ids.length === 0 ? 'none' : ids.slice(0, 10).join(', ');
  return failed(
    `the credential may not open project ${mixpanel.projectId}; it may open ${seen}`,
    'correct mixpanel.projectId, or add the service account to the project',
  );
}

function regionOutcome(settings: SourceSettings, { domain }: MixpanelProject): Outcome {
  if (regionOf(domain) === undefined)
    return skipped(`Mixpanel names a host that is not known here: ${domain ?? 'none'}`);
  const difference = regionDifference(settings, domain);
  return difference === undefined
    ? passed(settings.mixpanel.region)
    : failed(difference.what, difference.remedy);
}

function zoneOutcome(settings: SourceSettings, { timezone }: MixpanelProject, nowMs: number): Outcome {
  if (timezone === undefined) return skipped('Mixpanel does not tell it');
  const theirs = resolveTimeZone(timezone);
  if (theirs === undefined) {
    return warned(
      `Mixpanel says ${timezone}, which this machine does not know`,
      'compare it with mixpanel.timezone by hand',
    );
  }
  const difference = zoneDifference(settings, timezone, nowMs);
  if (difference !== undefined) return failed(difference.what, difference.remedy);
  const ours = settings.mixpanel.timezone;
  return passed(theirs === ours ? timezone : `${timezone}, whose clocks are those of ${ours}`);
}

async function checkExpiry(
  report: CheckReport,
  app: MixpanelApp,
  { credential, nowMs }: MixpanelCheckDeps,
  project: MixpanelProject,
): Promise<void> {
  if (credential.kind !== 'serviceAccount') {
    report.add('Service account', skipped('a bearer token tells nothing of its expiry'));
    return;
  }
  await report.attempt('Service account', 'try again later', async () => {
    const end = await accountEnd(app, project.organization_id, credential.username);
    return { outcome: endOutcome(credential.username, end, nowMs), found: undefined };
  });
}

function endOutcome(username: string, end: CredentialEnd, nowMs: number): Outcome {
  if (end.kind === 'never') return passed(`${username} does not expire`);
  if (end.kind === 'unknown') {
    return warned(
      `Mixpanel does not tell us when ${username} expires: its role may not see it`,
      'see it in the organisation settings of Mixpanel, under service accounts',
    );
  }
  const expiresMs = end.atMs;
  const remedy = 'make a new service account in the organisation settings and put it into the secret';
  const day = new Date(expiresMs).toISOString().slice(0, 10);
  if (expiresMs <= nowMs) return failed(`${username} expired on ${day}`, remedy);
  const days = Math.floor((expiresMs - nowMs) / dayMs);
  if (expiresMs - nowMs < expirySoonMs)
    return warned(`${username} expires in ${days} days, on ${day}`, remedy);
  return passed(`${username} expires on ${day}`);
}
