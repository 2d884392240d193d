import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configOf, referenced, sourceInput, synthesise } from './synth-stack.ts';

const withFamily = (staticEgressFamily: 'ipv4' | 'dualstack') =>
  synthesise(configOf({ staticEgress: true, staticEgressFamily }));
const ipv4 = withFamily('ipv4');
const dualstack = withFamily('dualstack');

type Stack = typeof ipv4;

/** Where each route to everywhere leads, by the kind of gateway. */
function waysOut({ ofType }: Stack, destination: 'DestinationCidrBlock' | 'DestinationIpv6CidrBlock') {
  const everywhere = ['0.0.0.0/0', '::/0'];
  return ofType('AWS::EC2::Route')
    .filter(({ properties }) => everywhere.includes(String(properties[destination])))
    .map(({ id, properties }) => ({
      subnet: id.includes('Private') ? 'private' : 'public',
      by: ['NatGatewayId', 'EgressOnlyInternetGatewayId', 'GatewayId'].find(
        (gateway) => gateway in properties,
      ),
    }));
}

/** The subnets that functions are placed in. */
function placements({ ofType }: Stack) {
  return ofType('AWS::Lambda::Function').map(({ properties }) =>
    z
      .object({
        SubnetIds: z.array(z.unknown()),
        SecurityGroupIds: z.array(z.unknown()),
        Ipv6AllowedForDualStack: z.boolean().optional(),
      })
      .parse(properties.VpcConfig),
  );
}

describe('static egress', () => {
  it('leads functions out through one fixed address that the stack prints', () => {
    const [address] = ipv4.ofType('AWS::EC2::EIP');
    expect(ipv4.ofType('AWS::EC2::EIP')).toHaveLength(1);
    const [gateway] = ipv4.ofType('AWS::EC2::NatGateway');
    expect(ipv4.ofType('AWS::EC2::NatGateway')).toHaveLength(1);
    expect(referenced(gateway?.properties.AllocationId)).toBe(address?.id);
    expect(JSON.stringify(ipv4.template.Outputs.EgressIps?.Value)).toContain(address?.id);
    expect(waysOut(ipv4, 'DestinationCidrBlock').filter(({ subnet }) => subnet === 'private')).toEqual([
      { subnet: 'private', by: 'NatGatewayId' },
      { subnet: 'private', by: 'NatGatewayId' },
    ]);
    expect(placements(ipv4)).toHaveLength(3);
    for (const { SubnetIds } of placements(ipv4)) {
      const subnets = SubnetIds.map(referenced);
      expect(subnets).toHaveLength(2);
      for (const subnet of subnets) expect(subnet).toContain('Private');
    }
  });

  it('keeps the same address whichever family is chosen, so that no allow-list is wrong after an update', () => {
    for (const stack of [ipv4, dualstack]) {
      expect(stack.ofType('AWS::EC2::EIP').map(({ id }) => id)).toEqual(['EgressAddress1E8D95509']);
      expect(stack.ofType('AWS::EC2::VPC').map(({ id }) => id)).toEqual(['EgressVpc43239058']);
    }
  });

  it('leads to the archive inside AWS, past the gateway that charges for each gigabyte', () => {
    for (const stack of [ipv4, dualstack]) {
      const [endpoint] = stack.ofType('AWS::EC2::VPCEndpoint');
      expect(stack.ofType('AWS::EC2::VPCEndpoint')).toHaveLength(1);
      expect(endpoint?.properties.VpcEndpointType).toBe('Gateway');
      expect(JSON.stringify(endpoint?.properties.ServiceName)).toContain('.s3');
      const tables = z.array(z.unknown()).parse(endpoint?.properties.RouteTableIds).map(referenced);
      expect(tables.filter((table) => table?.includes('Private'))).toHaveLength(2);
    }
  });

  it('knows no IPv6 unless it is asked for', () => {
    expect(ipv4.template.Outputs.EgressIpv6Range).toBeUndefined();
    expect(ipv4.ofType('AWS::EC2::EgressOnlyInternetGateway')).toEqual([]);
    expect(waysOut(ipv4, 'DestinationIpv6CidrBlock')).toEqual([]);
    for (const { Ipv6AllowedForDualStack } of placements(ipv4))
      expect(Ipv6AllowedForDualStack).toBeUndefined();
  });

  it('over IPv6 leaves through a gateway that lets nothing in, from a range that the stack prints', () => {
    expect(dualstack.ofType('AWS::EC2::EgressOnlyInternetGateway')).toHaveLength(1);
    expect(
      waysOut(dualstack, 'DestinationIpv6CidrBlock').filter(({ subnet }) => subnet === 'private'),
    ).toEqual([
      { subnet: 'private', by: 'EgressOnlyInternetGatewayId' },
      { subnet: 'private', by: 'EgressOnlyInternetGatewayId' },
    ]);
    expect(dualstack.template.Outputs.EgressIpv6Range?.Value).toEqual({
      'Fn::Select': [0, { 'Fn::GetAtt': ['EgressVpc43239058', 'Ipv6CidrBlocks'] }],
    });
    for (const { Ipv6AllowedForDualStack } of placements(dualstack))
      expect(Ipv6AllowedForDualStack).toBe(true);
    const [group] = dualstack.ofType('AWS::EC2::SecurityGroup');
    const ways = z
      .array(z.looseObject({ CidrIp: z.string().optional(), CidrIpv6: z.string().optional() }))
      .parse(group?.properties.SecurityGroupEgress);
    expect(ways.map(({ CidrIp, CidrIpv6 }) => CidrIp ?? CidrIpv6)).toEqual(['0.0.0.0/0', '::/0']);
  });

  it('keeps IPv4 beside IPv6, for vendors that know no other', () => {
    expect(waysOut(dualstack, 'DestinationCidrBlock')).toEqual(waysOut(ipv4, 'DestinationCidrBlock'));
    expect(dualstack.template.Outputs.EgressIps).toBeDefined();
  });

  it('looks up nothing in the account, so that a template can be made anywhere', () => {
    const [subnet] = ipv4.ofType('AWS::EC2::Subnet');
    expect(subnet?.properties.AvailabilityZone).toEqual({ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] });
  });

  it('is not there unless it is asked for', () => {
    const plain = synthesise(configOf({ sources: [sourceInput('shop')] }));
    expect(plain.resources.filter(({ type }) => type.startsWith('AWS::EC2::'))).toEqual([]);
    expect(plain.template.Outputs.EgressIps).toBeUndefined();
  });
});
