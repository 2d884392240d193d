/** Values and functions that generated code reaches by number: `c[3]`. */
export class Constants {
  readonly values: unknown[] = [];
  private readonly known = new Map<unknown, number>();

  /** Variables for results that are used twice. */
  readonly temporaries: string[] = [];

  temporary(): string {
    return this.temporaries[this.temporaries.push(`t${this.temporaries.length}`) - 1] ?? '';
  }

  /** The code that reaches the value. */
  reference(value: unknown): string {
    let index = this.known.get(value);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.known.set(value, index);
    }
    return `c${index}`;
  }
}
