import {
  CfnEIP,
  GatewayVpcEndpointAwsService,
  type IVpc,
  NatProvider,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/**
 * One address: a daily load can wait out a lost zone, and a second gateway would double the standing cost.
 */
const natGateways = 1;

/** A network of the connector's own, which functions leave through fixed addresses. */
export class StaticEgress extends Construct {
  /** Fixed public addresses, for the vendors' allow-lists. */
  readonly addresses: readonly string[];
  /** What a function needs to live in it. */
  readonly placement: {
    readonly vpc: IVpc;
    readonly vpcSubnets: { readonly subnetType: SubnetType };
    readonly securityGroups: SecurityGroup[];
  };

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const elasticIps = Array.from(
      { length: natGateways },
      (_, index) => new CfnEIP(this, `Address${index + 1}`, { domain: 'vpc' }),
    );
    // The library's own class says "string or undefined" where its interface says "string, if any".
    const vpc = new Vpc(this, 'Vpc', {
      // Two zones, so that Lambda still finds a place when one is short of capacity.
      maxAzs: 2,
      natGateways,
      natGatewayProvider: NatProvider.gateway({
        eipAllocationIds: elasticIps.map((address) => address.attrAllocationId),
      }),
      // It would take a custom resource, and nothing here uses the default group.
      restrictDefaultSecurityGroup: false,
      // The archive's traffic stays inside AWS: gateways charge for each gigabyte.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    }) as IVpc;
    // Vendors' addresses change and a configured proxy may use any port, so the way out is not narrowed.
    const securityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions of the Mixpanel source connector: nothing comes in',
      allowAllOutbound: true,
    });
    this.addresses = elasticIps.map((address) => address.ref);
    this.placement = {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [securityGroup],
    };
  }
}
