/**
 * A source's id as outputs and logical ids write it.
 *
 * @example pascalCase('shop-eu') === 'ShopEu'
 */
export function pascalCase(id: string): string {
  return id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** @example secretName('MixpanelConnector', 'shop-eu', 'mixpanel') === 'MixpanelConnector/shop-eu/mixpanel' */
export function secretName(
  stackName: string,
  sourceId: string,
  kind: 'mixpanel' | 'platform' | 'privacy',
): string {
  return `${stackName}/${sourceId}/${kind}`;
}
