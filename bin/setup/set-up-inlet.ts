import type { FlowItem, FlowKind, FlowResources } from './flow-resources.ts';
import { describeOwn, isOwn, nameTaken, type SetupNames } from './setup-names.ts';
import { Conflict, type StepRecorder } from './setup-step.ts';

export interface InletWork {
  readonly flow: FlowResources;
  readonly recorder: StepRecorder;
  readonly names: SetupNames;
}

/** Where a source's rows are streamed to. */
export interface FoundInlet {
  readonly inletUrl: string;
  readonly flowId: string;
}

/**
 * Finds or makes the inlet of a source whose rows are streamed, and the dataflow that shows them in Platform's own
 * monitoring.
 *
 * @returns undefined when one of them is not there and nothing was to be made, or others' things are in the way.
 */
export async function setUpInlet(
  { flow, recorder, names }: InletWork,
  datasetId: string | undefined,
): Promise<FoundInlet | undefined> {
  const name = names.dataset;
  const own = { name, description: describeOwn('Streams every raw event of a Mixpanel project.', names) };
  const connection = await recorder.ensure<FlowItem>({
    kind: 'inlet',
    name,
    note: 'asks for a token',
    find: async () => {
      const found = await findOwn(flow, 'connections', names);
      return found === undefined ? undefined : flow.connection(found.id);
    },
    make: async () => flow.connection(await flow.createInlet(own)),
    id: ({ id }) => id,
  });
  const dataflow = await recorder.ensure<{ readonly id: string }>({
    kind: 'dataflow',
    name,
    find: () => findOwn(flow, 'flows', names),
    make: async () => {
      if (connection === undefined || datasetId === undefined)
        throw new Conflict('there is no inlet or no dataset');
      // A run that was cut off may have left these, which lead nowhere without a dataflow.
      const source = await findOwn(flow, 'sourceConnections', names);
      const target = await findOwn(flow, 'targetConnections', names);
      const ends = {
        source: source?.id ?? (await flow.createSource(own, connection.id)),
        target: target?.id ?? (await flow.createTarget(own, datasetId)),
      };
      return { id: await flow.createFlow(own, ends) };
    },
    id: ({ id }) => id,
  });
  const inletUrl = connection?.auth?.params?.inletUrl;
  if (inletUrl === undefined || dataflow === undefined) return undefined;
  return { inletUrl, flowId: dataflow.id };
}

/** @throws {Conflict} when something of that name is somebody else's. */
async function findOwn(
  flow: FlowResources,
  kind: FlowKind,
  names: SetupNames,
): Promise<FlowItem | undefined> {
  const found = await flow.named(kind, names.dataset);
  const own = found.find(({ description }) => isOwn(description, names));
  const other = found[0];
  if (own === undefined && other !== undefined) throw new Conflict(nameTaken(kind, other.name, other.id));
  return own;
}
