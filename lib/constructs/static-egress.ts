import {
  CfnEIP,
  GatewayVpcEndpointAwsService,
  IpProtocol,
  type IVpc,
  NatProvider,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Fn } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/**
 * One address: a daily load can wait out a lost zone, and a second gateway would double the standing cost.
 */
const natGateways = 1;

export interface StaticEgressProps {
  /** `dualstack` adds IPv6; IPv4 stays, since Lambda needs it, and so do vendors without the other. */
  readonly family: 'ipv4' | 'dualstack';
}

/** A network of the connector's own, which functions leave through fixed addresses. */
export class StaticEgress extends Construct {
  /** Fixed public addresses, for the vendors' allow-lists. */
  readonly addresses: readonly string[];
  /** The network's own range of IPv6 addresses, which AWS gives to nobody else; undefined with IPv4 alone. */
  readonly ipv6Range: string | undefined;
  /** What a function needs to live in it. */
  readonly placement: {
    readonly vpc: IVpc;
    readonly vpcSubnets: { readonly subnetType: SubnetType };
    readonly securityGroups: SecurityGroup[];
    readonly ipv6AllowedForDualStack?: true;
  };

  constructor(scope: Construct, id: string, { family }: StaticEgressProps) {
    super(scope, id);
    const hasIpv6 = family === 'dualstack';
    const elasticIps = Array.from(
      { length: natGateways },
      (_, index) => new CfnEIP(this, `Address${index + 1}`, { domain: 'vpc' }),
    );
    const network = new Vpc(this, 'Vpc', {
      // Two zones, so that Lambda still finds a place when one is short of capacity.
      maxAzs: 2,
      natGateways,
      natGatewayProvider: NatProvider.gateway({
        eipAllocationIds: elasticIps.map((address) => address.attrAllocationId),
      }),
      // IPv6 leaves through a gateway that lets nothing in, costs nothing and keeps each function's own address.
      ...(hasIpv6 ? { ipProtocol: IpProtocol.DUAL_STACK } : {}),
      // It would take a custom resource, and nothing here uses the default group.
      restrictDefaultSecurityGroup: false,
      // The archive's traffic stays inside AWS: gateways charge for each gigabyte. Endpoints for the other services
      // would cost more than what passes them: docs/static-egress.md, "Why there are no interface endpoints".
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    // The library's own class says "string or undefined" where its interface says "string, if any".
    const vpc = network as IVpc;
    // Vendors' addresses change and a configured proxy may use any port, so the way out is not narrowed.
    const securityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions of the Mixpanel source connector: nothing comes in',
      allowAllOutbound: true,
      ...(hasIpv6 ? { allowAllIpv6Outbound: true } : {}),
    });
    this.addresses = elasticIps.map((address) => address.ref);
    this.ipv6Range = hasIpv6 ? Fn.select(0, network.vpcIpv6CidrBlocks) : undefined;
    this.placement = {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [securityGroup],
      ...(hasIpv6 ? { ipv6AllowedForDualStack: true } : {}),
    };
  }
}
