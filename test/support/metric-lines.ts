import * as z from 'zod';

/** A line of the embedded metric format, as far as CloudWatch makes metrics of it. */
export const metricLineSchema = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});
export type MetricLine = z.output<typeof metricLineSchema>;

/** One metric, as CloudWatch tells it from others. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

/** The values that lines give to exactly that metric, in order. */
export function valuesOf(lines: readonly MetricLine[], metric: MetricIdentity): number[] {
  const wanted = JSON.stringify(Object.entries(metric.dimensions).toSorted());
  return lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
      if (Namespace !== metric.namespace || !Metrics.some(({ Name }) => Name === metric.name)) return [];
      const found = Dimensions.map((names) =>
        JSON.stringify(names.map((name) => [name, line[name]] as const).toSorted()),
      );
      return found.includes(wanted) ? [z.number().parse(line[metric.name])] : [];
    }),
  );
}
