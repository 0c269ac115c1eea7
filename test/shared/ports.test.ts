import fc from 'fast-check';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { parsePorts } from '../../lambda/shared/ports';

describe('parsePorts', () => {
  test.each([
    ['one port', '443', [443]],
    ['several, sorted by number', '8443,80,443', [80, 443, 8443]],
    ['space around a port', ' 443 , 80 ', [80, 443]],
    ['a port given twice, once', '443,80,443', [80, 443]],
    ['the lowest and the highest', '1,65535', [1, 65535]],
  ])('reads %s', (_rule, text, ports) => {
    expect(parsePorts(text, 'ports')).toEqual(ports);
  });

  test.each([
    ['nothing', ''],
    ['space', ' '],
    ['port 0', '0'],
    ['a port over 65535', '65536'],
    ['six digits', '100000'],
    ['a negative port', '-1'],
    ['a sign', '+443'],
    ['a leading zero', '0443'],
    ['a fraction', '443.0'],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x1bb'],
    ['a range', '80-443'],
    ['a name', 'https'],
    ['space within', '44 3'],
    ['a space for a comma', '80 443'],
    ['two commas in a row', '80,,443'],
    ['a trailing comma', '443,'],
    ['a bad port next to a good one', '443,x'],
    ['digits of another script', '４４３'],
  ])('%s is rejected with the key, the value and the allowed values', (_rule, text) => {
    expect(() => parsePorts(text, 'ports')).toThrow(InvalidConfigError);
    expect(() => parsePorts(text, 'ports')).toThrow(
      `ports: ${JSON.stringify(text)} is not allowed. Allowed: a comma-separated list of TCP ports, 1 to 65535.`,
    );
  });

  it('reads any list of ports, each once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 65535 }), { minLength: 1 }), (ports) => {
        const parsed = parsePorts(ports.join(), 'ports');
        expect(new Set(parsed)).toEqual(new Set(ports));
        for (const [i, port] of parsed.entries()) expect(port).toBeGreaterThan(parsed[i - 1] ?? 0);
      }),
    );
  });
});
