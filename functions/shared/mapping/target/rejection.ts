/** Why a record can't be sent to Platform. The reason never quotes a value. */
export interface Rejection {
  readonly path: string;
  readonly reason: string;
}

/** Of a field that has nothing: no rule wrote it, its rule failed, or its value was null or empty. */
export const missingValue = 'the required field has no value';
