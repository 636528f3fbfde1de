/** One fault of a scenario file, with the path of keys at which it lies. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
