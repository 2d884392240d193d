import { timeText } from '../status/time-text.ts';
import type { TroubleOptions } from '../status/troubles.ts';
import { calendarSection } from './calendar-section.ts';
import { countsChart } from './counts-chart.ts';
import { Html, html } from './html.ts';
import { pageStyle } from './page-style.ts';
import type { SourceReport } from './report-data.ts';
import {
  attentionSection,
  deliveriesSection,
  driftSection,
  rejectionsSection,
  workSection,
} from './source-sections.ts';

export interface ReportPage extends TroubleOptions {
  readonly stackName: string;
  readonly sources: readonly SourceReport[];
}

/**
 * The whole page as one text. It loads nothing, so it can be mailed, kept, and read without a network; its policy has the
 * browser refuse whatever would be loaded or run all the same.
 */
export function renderReport({ stackName, sources, nowMs, suffix }: ReportPage): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${stackName}: status of ${timeText(nowMs)}</title>
<style>${new Html(pageStyle)}</style>
</head>
<body>
<h1>${stackName}</h1>
<p class="dim">Mixpanel to Adobe Experience Platform, as of ${timeText(nowMs)}</p>
${sources.map((source) => sourceSection(source, { nowMs, suffix }))}
</body>
</html>
`;
  return page.text;
}

function sourceSection(report: SourceReport, options: TroubleOptions): Html {
  const { status } = report;
  const { id, mixpanel, platform } = status.settings;
  return html`
<section>
<h2>${id}</h2>
<p class="dim">Mixpanel project ${mixpanel.projectId} (${mixpanel.timezone}) → dataset ${platform.datasetId}, sandbox ${platform.sandbox}</p>
${attentionSection(status, options)}
<h3>Windows</h3>
${calendarSection(status)}
<h3>Records per day</h3>
${countsChart(status.windows.map(({ summary }) => summary))}
<h3>Now and next</h3>
${workSection(status)}
<h3>Deliveries</h3>
${deliveriesSection(status)}
<h3>Rejected records</h3>
${rejectionsSection(report)}
<h3>Properties</h3>
${driftSection(report, options)}
</section>`;
}
