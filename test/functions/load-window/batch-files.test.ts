import { describe, expect, it } from 'vitest';
import { createBatchFiles } from '../../../functions/load-window/batch-files.ts';
import type { UploadProgress } from '../../../functions/load-window/upload-checkpoint.ts';

const rows = Array.from({ length: 10 }, (_, line) => `{"row":${line}}`);
const rowBytes = '{"row":0}\n'.length;

/** Packs the rows, three to a file. */
async function pack(from?: UploadProgress, failAt?: number) {
  const files = new Map<number, string>();
  const progress: UploadProgress[] = [];
  const packed = createBatchFiles({
    fileBytes: 3 * rowBytes,
    from,
    putFile: async (index, body) => {
      if (index === failAt) throw new Error('cut');
      files.set(index, Buffer.concat(body).toString());
    },
    onProgress: async (done) => void progress.push(done),
  });
  try {
    for (const [line, row] of rows.entries()) await packed.add(row, { part: 4, line });
    await packed.close();
  } catch {
    // The test looks at how far it came.
  }
  return { files, progress, packed };
}

describe('the files of an upload', () => {
  it('hold every row once, in order, and count what they hold', async () => {
    const { files, packed } = await pack();
    expect([...files.values()].join('')).toBe(`${rows.join('\n')}\n`);
    expect({ count: packed.count, bytes: packed.bytes }).toEqual({ count: 4, bytes: 10 * rowBytes });
  });

  it('say after each full one which line is the last in them', async () => {
    const { progress } = await pack();
    expect(progress).toEqual(
      [1, 2, 3].map((files) => ({
        version: 1,
        files,
        bytes: files * 3 * rowBytes,
        part: 4,
        line: files * 3 - 1,
      })),
    );
  });

  it.each([1, 2, 3])(
    'go on from there, so that both halves make the same files (cut at file %i)',
    async (at) => {
      const whole = await pack();
      const first = await pack(undefined, at);
      const second = await pack(first.progress.at(-1));
      expect([...second.files.keys()][0]).toBe(at);
      expect(new Map([...first.files, ...second.files])).toEqual(whole.files);
      expect(second.packed.bytes).toBe(whole.packed.bytes);
      expect(second.packed.count).toBe(whole.packed.count);
    },
  );
});
