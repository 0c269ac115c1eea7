import { BlockList, isIP } from 'node:net';

/** Addresses of networks of one's own, in which a load balancer stands (RFC 1918, RFC 6598, RFC 4193). */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/**
 * Who called, for the log alone. Behind a load balancer it is the load balancer that calls API Gateway, and it puts the address of
 * its own caller at the end of X-Forwarded-For. What stands before that, the caller may have made up.
 */
export function callerOf(sourceIp: string | undefined, forwardedFor: string | undefined): string | undefined {
  if (sourceIp === undefined || !isPrivate(sourceIp)) return sourceIp;
  const addresses = (forwardedFor ?? '').split(',').map((text) => text.trim());
  return addresses.findLast((address) => isIP(address) !== 0 && !isPrivate(address)) ?? sourceIp;
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
