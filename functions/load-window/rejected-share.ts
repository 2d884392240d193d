/** Records of a window that do not reach the dataset, and all that should have. */
export interface RejectedShare {
  /** By us, before the upload. */
  readonly rejected: number;
  /** By Platform, of what was uploaded; 0 while that is not known. */
  readonly failed: number;
  /** Lines of the run that are no duplicates. */
  readonly kept: number;
}

/**
 * The one rule of `platform.maxRejectedPercent`: what we reject and what Platform refuses count together. Judged before
 * the batch is completed, and once more when Platform has counted.
 *
 * @returns what to tell an operator, or undefined when the share is allowed.
 */
export function tooManyRejected(share: RejectedShare, maxPercent: number): string | undefined {
  const { rejected, failed, kept } = share;
  const percent = (100 * (rejected + failed)) / kept;
  if (percent <= maxPercent) return undefined;
  const byPlatform = failed === 0 ? '' : `, ${failed} of them by Platform`;
  return `${rejected + failed} of ${kept} records rejected${byPlatform} (${percent.toFixed(1)} %, allowed are ${maxPercent} %); see rejected/, mend the mapping, then reload the window`;
}
