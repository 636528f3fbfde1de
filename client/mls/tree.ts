export interface Tree {
  readonly leafWidth: number;
}
