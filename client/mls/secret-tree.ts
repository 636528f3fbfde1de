export interface SecretTree {
  readonly leaves: number;
}
export interface Chains {
  readonly ownHandshakeGeneration: number;
}
