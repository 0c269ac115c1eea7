import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { widgetPage } from '../../dev/widget-page';
import { resultPage } from '../../lambda/widget/action/result';
import type { WidgetContext } from '../../lambda/widget/context';
import { page as widget } from '../../lambda/widget/view/page';
import { ACTIONS, SAMPLES } from '../widget/samples';
import { startChromium } from './chromium';

/** Called by the hostile samples if anything of them runs. */
const PWNED = 'window.pwnedBy = []; window.pwned = () => window.pwnedBy.push("pwned")';

let browser: Browser;
let context: BrowserContext;
let requests: string[];
let dialogs: string[];

beforeAll(async () => {
  browser = await startChromium();
});
beforeEach(async () => {
  [requests, dialogs] = [[], []];
  // The page forbids scripts. Here they may run, so that an injected one is noticed.
  context = await browser.newContext({ bypassCSP: true });
  await context.route('**', (route) => {
    requests.push(route.request().url());
    return route.abort();
  });
  await context.addInitScript(PWNED);
});
afterEach(() => context?.close());
afterAll(() => browser?.close());

async function open(content: string, { theme, width }: Pick<WidgetContext, 'theme' | 'width'>): Promise<Page> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 800 });
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  await page.setContent(widgetPage(content, { theme, width }));
  // Folded lists must meet the same rules.
  await page.evaluate('for (const folded of document.querySelectorAll("details")) folded.open = true');
  return page;
}

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
  )) as axe.AxeResults;
  // Proof that contrast was checked.
  expect(passes.map(({ id }) => id)).toContain('color-contrast');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Pixels by which the page is wider than the window, and the elements that stick out. */
async function overflowOf(page: Page): Promise<unknown> {
  return page.evaluate(`({
    page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    parts: [...document.querySelectorAll('.ia *')]
      .filter((part) => part.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map((part) => part.outerHTML.slice(0, 80)),
  })`);
}

async function expectNothingRan(page: Page): Promise<void> {
  // By then, images, styles and links have been requested.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  expect(await page.evaluate('window.pwnedBy')).toEqual([]);
  expect(dialogs).toEqual([]);
  expect(requests).toEqual([]);
  expect(await page.evaluate('document.scripts.length')).toBe(0);
}

/** The screenshots in the docs; each is of one of the places below. */
const SCREENSHOTS: Readonly<Record<string, string>> = {
  'busy light 1280': 'widget-light.png',
  'busy dark 1280': 'widget-dark.png',
  'busy light 380': 'widget-narrow.png',
};

/** Takes the screenshot of a place anew, before its folded lists are opened. */
async function takeScreenshot(
  content: string,
  sample: string,
  { theme, width }: Pick<WidgetContext, 'theme' | 'width'>,
) {
  const file = SCREENSHOTS[`${sample} ${theme} ${width}`];
  if (process.env.UPDATE_SCREENSHOTS !== '1' || file === undefined) return;
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 100 });
  await page.setContent(widgetPage(content, { theme, width }));
  await page.screenshot({ path: join(__dirname, '..', '..', 'docs', 'images', file), fullPage: true });
  await page.close();
}

const samples = Object.keys(SAMPLES) as (keyof typeof SAMPLES)[];
const places = samples.flatMap((sample) =>
  (['light', 'dark'] as const).flatMap((theme) => [380, 1280].map((width) => [sample, theme, width] as const)),
);

test.each(places)(
  'with the sample %s, %s and %d pixels wide: no script runs, nothing overflows, WCAG AA is met',
  async (sample, theme, width) => {
    const content = widget(SAMPLES[sample](), { theme, width, utcOffset: '+00:00' }, ACTIONS).toString();
    const page = await open(content, { theme, width });
    await expectNothingRan(page);
    expect(await overflowOf(page)).toEqual({ page: 0, parts: [] });
    expect(await faultsOf(page)).toEqual([]);
    await takeScreenshot(content, sample, { theme, width });
  },
);

test('each action belongs to its own button, and none comes from a text', async () => {
  const content = widget(SAMPLES.hostile(), { theme: 'light', width: 1280, utcOffset: '+00:00' }, ACTIONS).toString();
  const page = await open(content, { theme: 'light', width: 1280 });
  const actions = (await page.evaluate(`[...document.querySelectorAll('cwdb-action')].map((action) => ({
    before: action.previousElementSibling.localName,
    endpoint: action.getAttribute('endpoint'),
    parameters: Object.keys(JSON.parse(action.textContent)),
    sameRaw: action.textContent === action.innerHTML,
  }))`)) as object[];
  expect(actions.length).toBeGreaterThan(2);
  for (const action of actions) {
    expect(action).toMatchObject({ before: 'button', endpoint: ACTIONS, sameRaw: true });
  }
});

test('characters that change the direction of a text are shown as their codes', async () => {
  const content = widget(SAMPLES.hostile(), { theme: 'light', width: 1280, utcOffset: '+00:00' }, ACTIONS).toString();
  const page = await open(content, { theme: 'light', width: 1280 });
  expect(await page.getByText('\\u{202e}23/1.0.0.43\\u{202c}').count()).toBeGreaterThan(0);
  expect(await page.evaluate(`/[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.innerHTML)`)).toBe(false);
});

test.each(['light', 'dark'] as const)('the window after a button meets the same rules, %s', async (theme) => {
  const [run] = SAMPLES.hostile().runs;
  if (!run) throw new Error('the sample has no run');
  const content = resultPage({ run }, { theme, width: 600, utcOffset: '+00:00' }, ACTIONS).toString();
  const page = await open(content, { theme, width: 600 });
  await expectNothingRan(page);
  expect(await overflowOf(page)).toEqual({ page: 0, parts: [] });
  expect(await faultsOf(page)).toEqual([]);
});

test('an injected script would be noticed', async () => {
  const page = await open('<img src="http://127.0.0.1:9/x" onerror="pwned()"><script>pwned(); alert(1)</script>', {
    theme: 'light',
    width: 380,
  });
  await expect(expectNothingRan(page)).rejects.toThrow();
  expect(dialogs).toEqual(['1']);
  expect(requests).toEqual(['http://127.0.0.1:9/x']);
});

test('the page lets no script run', async () => {
  const strict = await browser.newContext();
  await strict.addInitScript(PWNED);
  const page = await strict.newPage();
  await page.setContent(widgetPage('<script>pwned()</script>'));
  expect(await page.evaluate('window.pwnedBy')).toEqual([]);
  await strict.close();
});
