import { markTag } from './platform-resources.ts';

/** How setup calls what it makes for a source, and how it knows it again. */
export interface SetupNames {
  readonly fieldGroup: string;
  readonly schema: string;
  readonly dataset: string;
  /** Stands in descriptions and tags: whose these things are. */
  readonly mark: string;
}

/**
 * @param name what all names begin with.
 * @example setupNames('MixpanelConnector', 'shop').schema === 'Mixpanel shop events'
 */
export function setupNames(stackName: string, sourceId: string, name = `Mixpanel ${sourceId}`): SetupNames {
  return {
    fieldGroup: `${name} details`,
    schema: `${name} events`,
    dataset: `${name} events`,
    mark: `${stackName}/${sourceId}`,
  };
}

/** The description of a thing of ours, which carries its mark. */
export function describeOwn(what: string, { mark }: SetupNames): string {
  return `${what} ${signature(mark)}`;
}

/** Whether the description carries our mark. */
export function isOwn(description: string, { mark }: SetupNames): boolean {
  return description.includes(signature(mark));
}

/** Whether a dataset's tags carry our mark. */
export function hasOwnTag(tags: Readonly<Record<string, readonly string[]>>, { mark }: SetupNames): boolean {
  return tags[markTag]?.includes(mark) ?? false;
}

/** Ends in a full stop: no other source's mark begins with it. */
function signature(mark: string): string {
  return `Made by connector setup for ${mark}.`;
}

/** What to do about a thing of others that has the name which ours would get. */
export function nameTaken(what: string, name: string, id: string): string {
  return (
    `the ${what} "${name}" (${id}) is there already and was not made by this connector's setup for this source, so it was left alone; ` +
    'give --name another name, or rename it in Platform, or, to use a schema and a dataset of your own, write schemaId and datasetId into the configuration'
  );
}
