import { LocalSetupError } from '../../dev/install-once';
import { startChromium } from './chromium';

const { PATH } = process.env;
beforeEach(() => {
  process.env.PATH = '/nowhere';
});
afterEach(() => {
  process.env.PATH = PATH;
  jest.restoreAllMocks();
});

const NEEDED =
  'Chromium is needed to look at the widget: install it so that one of chromium, chromium-browser, google-chrome is in the PATH';

it('where there is no Chromium, and it may not be installed, one sentence says what is needed', async () => {
  jest.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(startChromium()).rejects.toThrow(new LocalSetupError(NEEDED));
});

it('where it could not be installed, the sentence says why', async () => {
  jest.spyOn(process, 'getuid').mockReturnValue(0);
  await expect(startChromium()).rejects.toThrow(
    new LocalSetupError(`${NEEDED}. apt-get could not: spawn apt-get ENOENT`),
  );
});
