import { describe, expect, it } from 'vitest';
import { ask, basic, errorOf, now, textOf, withMixpanel } from './client.ts';

const accounts = [
  { username: 'one.000000.mp-service-account', secret: 's1', projectIds: [1] },
  { username: 'old.000000.mp-service-account', secret: 's2', expiresAt: now - 1 },
  { username: 'quiet.000000.mp-service-account', secret: 's3', userDetails: false },
];
const projects = [
  { projectId: 1, projectSecret: 'project-one-secret', timezone: 'US/Pacific' },
  { projectId: 2, organizationId: 22, name: 'Two' },
];
const world = { eventsPerDay: 2, accounts, projects, bearerTokens: ['a-token'] };
const one = basic('one.000000.mp-service-account', 's1');
const all = basic('quiet.000000.mp-service-account', 's3');

describe('who may export', () => {
  const cases: readonly [
    string,
    authorization: string | null,
    project: string | undefined,
    status: number,
  ][] = [
    ['a service account that names its project', one, '1', 200],
    ['credentials that are not base64', 'Basic one.000000.mp-service-account:s1', '1', 200],
    ['a service account without a project', one, undefined, 401],
    ["another's project", one, '2', 403],
    ['an unknown project', all, '3', 403],
    ['a wrong secret', basic('one.000000.mp-service-account', 'no'), '1', 401],
    ['an unknown account', basic('two.000000.mp-service-account', 's1'), '1', 401],
    ['no credentials', null, '1', 401],
    ['another scheme', 'Digest x', '1', 401],
    ['a project secret alone', basic('project-one-secret', ''), undefined, 200],
    ['a project secret and its project', basic('project-one-secret', ''), '1', 200],
    ["a project secret and another's project", basic('project-one-secret', ''), '2', 403],
    ['a wrong project secret', basic('project-two-secret', ''), undefined, 401],
    ['a bearer token that was switched on', 'Bearer a-token', '2', 200],
    ['an unknown bearer token', 'Bearer b-token', '2', 401],
    ['a bearer token without a project', 'Bearer a-token', undefined, 401],
  ];

  it.each(cases)('%s', (_name, authorization, project, status) =>
    withMixpanel(world, async (mixpanel) => {
      const answer = await ask(mixpanel, { authorization, query: { project_id: project } });
      expect(answer.status).toBe(status);
      const recorded = JSON.stringify(mixpanel.requests());
      for (const hidden of ['s1', 's3', 'project-one-secret', 'a-token'])
        expect(recorded).not.toContain(`"${hidden}`);
    }),
  );

  it('is told to an expired account as a 400 with words of its own, or as a 401', async () => {
    const authorization = basic('old.000000.mp-service-account', 's2');
    for (const expiredStatus of [400, 401] as const) {
      await withMixpanel({ ...world, expiredStatus }, async (mixpanel) => {
        const answer = await ask(mixpanel, { authorization, query: { project_id: '1' } });
        expect(answer.status).toBe(expiredStatus);
        expect(errorOf(answer)).toBe('Unable to authenticate request');
      });
    }
  });

  it('ends for project secrets when Mixpanel switches them off', () =>
    withMixpanel({ ...world, clock: () => Date.parse('2027-03-03T00:00:00Z') }, async (mixpanel) => {
      const answer = await ask(mixpanel, { authorization: basic('project-one-secret', '') });
      expect(answer.status).toBe(401);
      expect(JSON.parse(textOf(answer))).toEqual({
        code: 401,
        error: 'Invalid credentials',
        status: 'Unauthorized',
      });
    }));

  it('needs a secret for the default account at the start', async () => {
    await expect(withMixpanel({ secret: '' }, async () => {})).rejects.toThrow('no secret');
  });
});

describe('the application API', () => {
  it('tells who asks and which projects are open, with their time zones', () =>
    withMixpanel(world, async (mixpanel) => {
      const answer = await ask(mixpanel, { path: '/api/app/me', authorization: one });
      expect(JSON.parse(textOf(answer))).toMatchObject({
        status: 'ok',
        results: {
          user_email: 'one.000000.mp-service-account',
          projects: { 1: { timezone: 'US/Pacific', domain: 'mixpanel.com', organization_id: 11 } },
        },
      });
      expect(textOf(answer)).not.toContain('"Two"');
      const query = { include_workspace_users: 'false' };
      expect((await ask(mixpanel, { path: '/api/app/me', query, authorization: one })).status).toBe(200);
    }));

  it('refuses in its own form', () =>
    withMixpanel(world, async (mixpanel) => {
      const get = async (path: string, authorization: string | null = one) => {
        const answer = await ask(mixpanel, { path, authorization });
        expect(JSON.parse(textOf(answer))).toMatchObject({ status: 'error', error: expect.any(String) });
        return answer.status;
      };
      expect(await get('/api/app/me', null)).toBe(401);
      expect(await get('/api/app/me', all)).toBe(403);
      expect(await get('/api/app/me?page=1')).toBe(400);
      expect(await get('/api/app/other')).toBe(404);
      expect(await get('/api/app/projects/9/service-accounts')).toBe(404);
      expect(await get('/api/app/projects/2/service-accounts')).toBe(403);
      expect(await get('/api/app/organizations/11/service-accounts/77')).toBe(404);
      expect(await get('/api/app/projects/1/service-accounts', basic('project-one-secret', ''))).toBe(403);
    }));

  it('lists the service accounts with their expiry, a single one without an envelope', () =>
    withMixpanel(world, async (mixpanel) => {
      const get = async (path: string) =>
        JSON.parse(textOf(await ask(mixpanel, { path, authorization: all })));
      const list = await get('/api/app/organizations/11/service-accounts');
      expect(list.results).toHaveLength(3);
      expect(list.results[1]).toMatchObject({ id: 9002, expires: new Date(now - 1).toISOString() });
      expect(await get('/api/app/organizations/11/service-accounts/9001')).toEqual(list.results[0]);
      expect((await get('/api/app/organizations/22/service-accounts')).results).toHaveLength(2);
      const ofProject = await get('/api/app/projects/1/service-accounts');
      expect(ofProject.results[0]).toMatchObject({ role: 'consumer', hasSensitiveAccess: true });
      expect(JSON.stringify(ofProject)).not.toMatch(/"s[123]"/);
    }));
});
