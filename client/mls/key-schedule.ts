export interface EpochSecrets {
  readonly senderData: Uint8Array;
}
