import { join } from 'node:path';
import { page } from '../lambda/widget/view/page';
import { startChromium } from './chromium';
import { runCommand, step } from './local-run';
import { widgetPage } from './widget-page';
import { ACTIONS, SAMPLES } from './widget-samples';

const FOLDER = join(__dirname, '..', 'docs', 'images');

/** Each picture of the README: what it shows, and how wide. */
const PICTURES = [
  { file: 'widget-light.png', sample: 'busy', theme: 'light', width: 1280 },
  { file: 'widget-dark.png', sample: 'busy', theme: 'dark', width: 1280 },
  { file: 'widget-narrow.png', sample: 'busy', theme: 'light', width: 380 },
] as const;

/** Draws the pictures in docs/images anew. */
runCommand(async () => {
  const browser = await startChromium();
  try {
    for (const { file, sample, theme, width } of PICTURES) {
      await step(`docs/images/${file}`, async () => {
        const view = await browser.newPage({ viewport: { width, height: 100 } });
        const widget = page(SAMPLES[sample](), { theme, width, utcOffset: '+00:00' }, ACTIONS);
        await view.setContent(widgetPage(widget.toString(), { theme, width }));
        await view.screenshot({ path: join(FOLDER, file), fullPage: true });
        await view.close();
      });
    }
  } finally {
    await browser.close();
  }
});
