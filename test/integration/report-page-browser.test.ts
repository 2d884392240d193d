import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { renderReport } from '../../bin/report/render-report.ts';
import { aReport } from '../support/a-report.ts';
import { describeWhere } from '../support/describe-where.ts';

/** Where Debian and others put it; another place can be named. */
const places = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = places.find((place) => place !== undefined && existsSync(place));

const dir = mkdtempSync(join(tmpdir(), 'connector-report-'));
const file = join(dir, 'report.html');
/** For a person to look at: the folder to put screenshots into. */
const screenshots = process.env.REPORT_SCREENSHOTS;

const need = {
  found: executablePath,
  otherwise: 'Chromium is neither at CHROMIUM_PATH nor where it usually is',
};
describeWhere('the report page in a browser', need, (executablePath) => {
  let browser: Browser;
  beforeAll(async () => {
    const nowMs = Date.parse('2026-03-31T08:00:00Z');
    writeFileSync(
      file,
      renderReport({ stackName: 'MixpanelConnector', sources: [aReport()], nowMs, suffix: '' }),
    );
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each([
    ['a desk', { width: 1200, height: 900 }, 'light'],
    ['a phone', { width: 375, height: 800 }, 'light'],
    ['a phone in the dark', { width: 375, height: 800 }, 'dark'],
  ] as const)(
    'is readable on %s, without a network and without an error',
    async (name, viewport, colorScheme) => {
      const page = await browser.newPage({ viewport, colorScheme });
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(`file://${file}`);
      if (screenshots !== undefined)
        await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
      expect({ complaints, requests }).toEqual({ complaints: [], requests: [`file://${file}`] });

      // Nothing hangs over the edge: wide tables scroll inside their own box.
      expect(
        await numberOf(page, 'document.documentElement.scrollWidth - window.innerWidth'),
      ).toBeLessThanOrEqual(0);
      expect(await numberOf(page, lowestContrast)).toBeGreaterThan(4.5);
      expect(await page.getByText('Records per day').isVisible()).toBe(true);
      expect(await page.locator('.day.failed').first().isVisible()).toBe(true);
      expect(await page.locator('svg rect.delivered').count()).toBeGreaterThan(60);
      await page.close();
    },
  );
});

/** Evaluates an expression in the page; a text, as the types of a browser are no part of this project. */
async function numberOf(page: Page, expression: string): Promise<number> {
  return z.number().parse(await page.evaluate(expression));
}

/** The lowest contrast between letter and ground among the squares and the text, by WCAG 2. */
const lowestContrast = `(() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return /, 0\\)$|transparent/.test(backgroundColor) ? ground(element.parentElement) : backgroundColor;
  };
  const looked = [...document.querySelectorAll('.days .day, p, td, th, li, h3, figcaption')];
  return Math.min(...looked.map((element) => {
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }));
})()`;
