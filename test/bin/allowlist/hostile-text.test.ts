import { parsePublication } from '../../../bin/allowlist/publication';
import { escapeControlChars, parseEscaped } from '../../../lambda/shared/text';

// biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach the terminal
const DRIVES_A_TERMINAL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202e\u2066';

describe('text from a feed cannot control the terminal', () => {
  it('control and formatting characters are escaped', () => {
    expect(escapeControlChars('a\u001b[31mb\u009b\u202ec')).toBe('a\\u{1b}[31mb\\u{9b}\\u{202e}c');
    expect(escapeControlChars('plain 34.0.0.1/32, Grüße, 世界')).toBe('plain 34.0.0.1/32, Grüße, 世界');
  });

  it('every text of a record is escaped', () => {
    const record = parseEscaped(JSON.stringify({ feeds: [{ rejected: [{ range: HOSTILE, reason: 7 }] }] }));
    expect(JSON.stringify(record)).not.toMatch(DRIVES_A_TERMINAL);
    expect(record).toEqual({ feeds: [{ rejected: [{ range: escapeControlChars(HOSTILE), reason: 7 }] }] });
  });

  it('every text of a publication is escaped', () => {
    const body = JSON.stringify({
      date: HOSTILE,
      ip_ranges: [
        { range: HOSTILE, region: 'US', service: 'INTERCOM-OUTBOUND' },
        { range: '34.0.0.9/32', region: HOSTILE, service: 'INTERCOM-OUTBOUND' },
        { range: '18.97.36.0/25', region: 'US', service: `INTERCOM${HOSTILE}` },
        { range: HOSTILE, region: 'US', service: 'OTHER' },
        { range: '34.0.0.1/32', region: 'US', service: 'INTERCOM-OUTBOUND' },
        HOSTILE,
      ],
    });
    const publication = parsePublication(body, 'us');
    const { ranges, others, rejected, date, error } = publication;
    const texts = [date, error, ...rejected.flatMap(Object.values), ...others.map(({ service }) => service)];
    expect(texts.join()).not.toMatch(DRIVES_A_TERMINAL);
    expect([ranges.length, others.length, rejected.length]).toEqual([1, 1, 3]);
  });
});
