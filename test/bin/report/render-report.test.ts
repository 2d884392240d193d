import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../bin/report/render-report.ts';
import { aReport, hostileName } from '../../support/a-report.ts';

const render = (sources = [aReport()]) =>
  renderReport({
    stackName: 'MixpanelConnector',
    sources,
    nowMs: Date.parse('2026-03-31T08:00:00Z'),
    suffix: '',
  });

describe('the report page', () => {
  it('loads nothing: no address, no script, no import', () => {
    const page = render();
    expect(page).not.toMatch(/(?:src|href|action)\s*=|url\(|@import|https?:|<script|<link|<img|<iframe/i);
  });

  it('has the browser refuse scripts, pictures and addresses of any kind', () => {
    const [policy] = /<meta http-equiv="Content-Security-Policy"[^>]*>/.exec(render()) ?? [''];
    expect(policy).toContain(
      `content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`,
    );
    expect(render().indexOf(policy)).toBeLessThan(render().indexOf('<title>'));
  });

  it('shows names and reasons as text, whatever is in them', () => {
    const page = render();
    expect(page).not.toContain(hostileName);
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;&#38;&#34;&#39;');
  });

  it('says what is wrong and what to type, or that all is well', () => {
    expect(render()).toContain('connector status 2026-03-12 --source shop');
    const report = aReport();
    const well = { ...report, status: { ...report.status, attention: [] } };
    expect(render([well])).toContain('All is well');
    expect(render([well])).not.toContain('class="trouble"');
  });

  it('has a square for each day of each month since the first window, marked by its state', () => {
    const page = render();
    expect(page.match(/class="month"/g)).toHaveLength(3);
    expect(page.match(/class="day [a-z-]+" title="2026-/g)).toHaveLength(31 + 28 + 31);
    expect(page).toContain('class="day failed" title="2026-03-12: failed"');
    expect(page).toContain('class="day missing" title="2026-03-31: missing"');
    expect(page).toContain('class="day at-work" title="2026-03-30: at work"');
  });

  it('has a bar for each day, and what was rejected on top of it', () => {
    const page = render();
    expect(page).toContain('2026-03-20: ');
    expect(page.match(/<rect [^>]*class="rejected"/g)).toHaveLength(1);
    expect(page).toMatch(/<text [^>]*>2 M<\/text>/);
  });

  it('is a page for a source without any window, too', () => {
    const report = aReport();
    const empty = {
      status: { ...report.status, windows: [], attention: [], running: [] },
      drift: [],
      rejections: [],
      unreadable: [],
    };
    const page = render([empty]);
    expect(page).toContain('No window has been exported yet.');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});
