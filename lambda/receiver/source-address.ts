import { BlockList, isIP } from 'node:net';

/** Private addresses, such as a load balancer's (RFC 1918, RFC 6598, RFC 4193). */
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
 * The caller's address, for the log alone. Behind a load balancer, API Gateway sees the load balancer, which appends the address
 * of its own caller to X-Forwarded-For. The caller can forge everything before that.
 */
export function sourceAddressOf(sourceIp: string | undefined, forwardedFor: string | undefined): string | undefined {
  if (sourceIp === undefined || !isPrivate(sourceIp)) return sourceIp;
  const addresses = (forwardedFor ?? '').split(',').map((text) => text.trim());
  return addresses.findLast((address) => isIP(address) !== 0 && !isPrivate(address)) ?? sourceIp;
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
