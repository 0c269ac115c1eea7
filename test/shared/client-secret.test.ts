import { parseClientSecrets } from '../../lambda/shared/client-secret';

const UUID = '4f1c2a9e-7d35-4b60-9a8e-2c1d5e6f7a8b';
const stateOf = (text: string) => parseClientSecrets(text).state;
const valuesIn = (text: string) => parseClientSecrets(text).secrets.map(({ value }) => value);

it.each([
  ['a UUID, as Intercom issues it', UUID],
  ['hex digits', '5e0c1f7a9b3d2e4c6f8a'],
  ['Base64', 'zL9+x/Qm4TfW0yB1aA=='],
  ['a plain word', 'secret'],
  ['a word with digits and a hyphen', 's3cret-value'],
])('%s is a client secret', (_case, text) => {
  expect(parseClientSecrets(text)).toEqual({
    state: 'set',
    secrets: [{ value: text, line: 1 }],
    ignoredLines: [],
  });
});

it.each([
  '#eu',
  '#production',
  '//production',
  ';production',
  '--production',
  '---',
  '----------',
  '==========',
  '[production]',
  'production:',
  'a',
  'us-eu',
  '["x"]',
  `"${UUID}"`,
  `secret=${UUID}`,
  `<${UUID}>`,
  '{',
  '}',
  'client secret: abc123',
  'geheimnis\u00fc',
  `${UUID}\u200b`,
])('%j is no client secret, because people write it around secrets or anyone could guess it', (line) => {
  expect(parseClientSecrets(`${line}\n${UUID}`)).toEqual({
    state: 'set',
    secrets: [{ value: UUID, line: 2 }],
    ignoredLines: [1],
  });
});

it('white space around a line, as a file or an editor leaves it, does not belong to the secret', () => {
  expect(valuesIn(`\ufeff\t${UUID} \r\n\r\n app-two\r\n`)).toEqual([UUID, 'app-two']);
});

it('the lines that are ignored are counted as an editor counts them, without empty ones', () => {
  expect(parseClientSecrets(`#eu\n${UUID}\n\n#us\napp-two\n`)).toMatchObject({ ignoredLines: [1, 4] });
});

it.each([
  [' 5e0c1f7a ', 'set'],
  [`# EU\n${UUID}`, 'set'],
  [' \n', 'empty'],
  ['{"placeholder":"Replace all of this","random":"x"}', 'placeholder'],
  ['{"clientSecret":"5e0c1f7a"}', 'unusable'],
  ['{\n  "clientSecret": "5e0c1f7a"\n}', 'unusable'],
  ['["5e0c1f7a"]', 'unusable'],
  ['client secret: abc123', 'unusable'],
  ['# EU\n# US', 'unusable'],
])('a secret with the text %j is %s', (text, state) => {
  expect(stateOf(text)).toBe(state);
});
