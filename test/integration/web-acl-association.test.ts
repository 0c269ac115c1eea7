import { CreateWebACLCommand, GetWebACLForResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { WebAclAssociation } from '../../lambda/custom-resources/web-acl-association';
import { type Moto, startMoto } from './moto';

const STAGE = 'arn:aws:apigateway:us-east-1::/restapis/abc123/stages/prod';

let moto: Moto;
let waf: WAFV2Client;
let association: WebAclAssociation;
let webAcl: string;
let other: string;

async function makeWebAcl(Name: string): Promise<string> {
  const VisibilityConfig = { SampledRequestsEnabled: false, CloudWatchMetricsEnabled: false, MetricName: Name };
  const { Summary } = await waf.send(
    new CreateWebACLCommand({ Name, Scope: 'REGIONAL', DefaultAction: { Block: {} }, VisibilityConfig }),
  );
  return Summary?.ARN ?? '';
}

async function webAclOfStage(): Promise<string | undefined> {
  const { WebACL } = await waf.send(new GetWebACLForResourceCommand({ ResourceArn: STAGE }));
  return WebACL?.ARN;
}

beforeAll(async () => {
  moto = await startMoto();
  waf = new WAFV2Client(moto.direct);
  association = new WebAclAssociation(new WAFV2Client(moto.proxied), { backoffMs: 1 });
});
beforeEach(async () => {
  await moto.reset();
  moto.proxy.clear();
  webAcl = await makeWebAcl('Stack');
  other = await makeWebAcl('other');
});
afterAll(() => moto?.stop());

const properties = (WebAclArn = webAcl) => ({ WebAclArn, ResourceArn: STAGE });

describe('the association of a web ACL', () => {
  it('puts the web ACL in front of a resource that has none', async () => {
    await association.create(properties());
    expect(await webAclOfStage()).toBe(webAcl);
  });

  it('succeeds when CloudFormation delivers the same request twice', async () => {
    await association.create(properties());
    await association.create(properties());
    expect(await webAclOfStage()).toBe(webAcl);
  });

  it('never replaces another web ACL, and says which one is in the way and what to do', async () => {
    await association.create(properties(other));
    await expect(association.create(properties())).rejects.toThrow(
      `${STAGE} already has the web ACL ${other}, which stays in front of it. Disassociate that web ACL first`,
    );
    expect(await webAclOfStage()).toBe(other);
  });

  it('replaces the web ACL that it had put there before', async () => {
    await association.create(properties(other));
    await association.create(properties(), other);
    expect(await webAclOfStage()).toBe(webAcl);
  });

  it('is made again while WAF does not know the web ACL yet', async () => {
    let failures = 20;
    moto.proxy.fault = (call) =>
      call === 'AssociateWebACL' && failures-- > 0 ? { code: 'WAFUnavailableEntityException' } : undefined;
    await association.create(properties());
    expect(await webAclOfStage()).toBe(webAcl);
  });

  it('fails for a resource that does not exist', async () => {
    moto.proxy.fault = (call) => (call === 'AssociateWebACL' ? { code: 'WAFNonexistentItemException' } : undefined);
    await expect(association.create(properties())).rejects.toThrow(/injected/);
  });
});

describe('the removal of the association', () => {
  it('leaves the resource without a web ACL', async () => {
    await association.create(properties());
    await association.delete(properties());
    expect(await webAclOfStage()).toBeUndefined();
  });

  it('leaves a web ACL in place that somebody else has put there since', async () => {
    await association.create(properties(other));
    await association.delete(properties());
    expect(await webAclOfStage()).toBe(other);
  });

  it('succeeds when the resource no longer exists', async () => {
    moto.proxy.fault = (call) =>
      call === 'GetWebACLForResource' ? { code: 'WAFNonexistentItemException' } : undefined;
    await expect(association.delete(properties())).resolves.toBeUndefined();
  });
});
