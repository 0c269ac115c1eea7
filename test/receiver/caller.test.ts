import { callerOf } from '../../lambda/receiver/caller';

describe('who called', () => {
  test.each([
    ['is the one who called API Gateway', '54.216.9.3', '203.0.113.9, 54.216.9.3', '54.216.9.3'],
    ['is the one who called the load balancer', '10.0.1.5', '54.216.9.3, 10.0.1.5', '54.216.9.3'],
    ['is not what that one made up', '10.0.1.5', '203.0.113.9, 54.216.9.3, 10.0.1.5', '54.216.9.3'],
    ['is not what is no address', '10.0.1.5', '54.216.9.3, <script>, 10.0.1.5', '54.216.9.3'],
    ['may be an IPv6 address', '172.16.4.4', '2600:1f18::7, 172.16.4.4', '2600:1f18::7'],
    ['may be known by an IPv6 address of the load balancer', 'fd00::1', '54.216.9.3', '54.216.9.3'],
    ['is the load balancer, if that says nothing', '10.0.1.5', undefined, '10.0.1.5'],
    ['is the load balancer, if all are within', '10.0.1.5', '192.168.0.1, 100.64.0.1', '10.0.1.5'],
    ['is not known, if API Gateway says nothing', undefined, '54.216.9.3', undefined],
  ])('%s', (_rule, sourceIp, forwardedFor, caller) => {
    expect(callerOf(sourceIp, forwardedFor)).toBe(caller);
  });
});
