import { sourceAddressOf } from '../../lambda/receiver/source-address';

describe('the source address in the log', () => {
  test.each([
    ['is the caller of API Gateway', '54.216.9.3', '203.0.113.9, 54.216.9.3', '54.216.9.3'],
    ['is the caller of the load balancer', '10.0.1.5', '54.216.9.3, 10.0.1.5', '54.216.9.3'],
    [
      'is not an address that the caller put into the header',
      '10.0.1.5',
      '203.0.113.9, 54.216.9.3, 10.0.1.5',
      '54.216.9.3',
    ],
    ['is not a text that is not an address', '10.0.1.5', '54.216.9.3, <script>, 10.0.1.5', '54.216.9.3'],
    ['may be an IPv6 address', '172.16.4.4', '2600:1f18::7, 172.16.4.4', '2600:1f18::7'],
    ['is the caller of a load balancer with an IPv6 address', 'fd00::1', '54.216.9.3', '54.216.9.3'],
    ['is the load balancer, if the header is missing', '10.0.1.5', undefined, '10.0.1.5'],
    ['is the load balancer, if all addresses are private', '10.0.1.5', '192.168.0.1, 100.64.0.1', '10.0.1.5'],
    ['is unknown, if API Gateway does not pass it on', undefined, '54.216.9.3', undefined],
  ])('%s', (_rule, sourceIp, forwardedFor, caller) => {
    expect(sourceAddressOf(sourceIp, forwardedFor)).toBe(caller);
  });
});
