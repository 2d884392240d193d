/**
 * A floating-point number with an integral value. JavaScript can't tell 4.0 from 4, but the language's division
 * does: 10 / 4 is 2, 10 / 4.0 is 2.5. A number with a fraction needs no such mark.
 */
export class Real {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A floating-point result, marked as such where its value alone wouldn't show it. */
export function real(value: number): number | Real {
  return Number.isInteger(value) ? new Real(value) : value;
}
