/** Every bound of the system in one place. Bytes, milliseconds and counts are in the names. */
export const limits = {
  /** Protocol version: first octet of every frame, `v` of every control message. */
  version: 1,
  /** A sealed frame: padded sizes run over powers of two from min to max. */
  frameBytesMin: 1 << 10,
  frameBytesMax: 1 << 20,
  /** A channel's seats: a Welcome must fit into a frame (DESIGN section 3). */
  seatsMax: 64,
  labelBytesMax: 64,
  textBytesMax: 256 * 1024,
  /** Frames and bytes of one mailbox before a channel goes on in an overflow mailbox. */
  mailboxFramesMax: 10_000,
  mailboxBytesMax: 64 << 20,
  /** Overflow mailboxes in one epoch. */
  overflowMax: 64,
  openMailboxesPerConnection: 256,
  appendsPerSecond: 500,
  appendBurst: 2_000,
  bufferedBytesMax: 1 << 20,
  controlBytesMax: 16 * 1024,
  controlsPerSecond: 100,
  controlBurst: 600,
  /** One binary WebSocket message: a largest frame with its record, or many small ones. */
  batchBytesMax: (1 << 20) + (64 << 10),
  /** What one connection, and all together, may have waiting for the disk. */
  waitingBytesMax: 8 << 20,
  waitingBytesAllMax: 256 << 20,
  /** One group commit, and one read of a log that is replayed. */
  commitFramesMax: 1_024,
  commitBytesMax: 8 << 20,
  replayBytesMax: 256 << 10,
  /** Frames deleted in one transaction when they expire. */
  expireFramesMax: 500,
  connectionsMax: 10_000,
  /** A connection that answers no ping within one such time is dropped. */
  heartbeatMs: 30_000,
  /** Rendezvous. */
  rendezvousBodyBytesMax: 1 << 20,
  rendezvousMessagesMax: 64,
  /** Second sponsors whose check one newcomer goes through: each costs it three messages. */
  checksMax: 16,
  /** How long a second sponsor waits for the newcomer's side of a check. */
  checkMsMax: 120_000,
  nameplateMsDefault: 10 * 60_000,
  nameplateMsMax: 24 * 3_600_000,
  nameplatesMax: 10_000,
  /** Bytes that all nameplates together hold in the relay's memory. */
  rendezvousBytesMax: 64 << 20,
  /** Wrong joins of one connection before it has to wait. */
  wrongJoinsMax: 3,
  wrongJoinMs: 10_000,
  /** A sealed letter: its readers, and its size (a slot takes 1.2 KB). */
  letterSlotsMax: 16,
  letterBytesMax: 512 * 1024,
  /** Relay retention. */
  retentionMsDefault: 7 * 24 * 3_600_000,
  /** Late messages are read so many epochs back, and of each for so long (DESIGN section 3). */
  lateEpochsMax: 8,
  lateEpochsDefault: 1,
  lateWindowMsDefault: 120_000,
  /** Automatic key update. */
  updateAfterMessagesDefault: 100,
  updateAfterMsDefault: 24 * 3_600_000,
  /** How far ahead of the last seen generation of one sender a message may be (RFC 9420 section 9.1). */
  generationSkipMax: 1_024,
  skippedKeysMax: 2_048,
  outboxMax: 1_000,
  /** Slots of constant traffic: their length; the longest text that any smallest frame holds; frames
   * that the relay has not shown back, beyond which slots stay empty. */
  slotMsMin: 1_000,
  slotMsMax: 600_000,
  slotTextBytesMax: 640,
  slotsInFlightMax: 16,
  /** Slots in a row in which nothing of a seat has come before that is an alarm, and at least so long. */
  slotsMissedMax: 4,
  slotsMissedMsMin: 60_000,
  /** Own former signature keys that wait for their release, and former keys of all seats that are known. */
  retiredKeysMax: 32,
  knownKeysMax: 128,
  /** How long a newcomer who was shown a key, and did not come in, may go on demanding it: a join's day, twice. */
  promiseMsMax: 48 * 3_600_000,
  /** An author's count of messages, and an epoch: far beyond any use, and safe to add to. */
  countMax: 2 ** 48,
  /** Spans of a policy: ten years. A sunset: the start of the year 2200. */
  spanMsMax: 10 * 365 * 24 * 3_600_000,
  sunsetAtMax: 7_258_118_400_000,
  /** How many epochs ahead an approval may hold. */
  approvalEpochsMax: 256,
  /** Motions that are remembered in all, and open ones of one person; each for so long. */
  motionsMax: 32,
  motionsPerPersonMax: 4,
  motionMsMax: 24 * 3_600_000,
  /** How long one freeze holds at most. */
  freezeMsMax: 3_600_000,
  /** Own changes, admissions and promised keys that wait in a channel. */
  wishesMax: 256,
  grantsMax: 64,
  holdsMax: 64,
  /** One WebSocket message: several records of a batch travel together. */
  socketMessageBytesMax: 16 << 20,
  /** The vault (client/core/vault.ts). Argon2id: 64 MiB and 3 passes take 0.3 to 0.4 s (FINDINGS 5). */
  argonPassesDefault: 3,
  argonPassesMax: 16,
  argonBytesDefault: 64 << 20,
  argonBytesMin: 8 << 10,
  argonBytesMax: 1 << 30,
  passphraseBytesMax: 1_024,
  vaultRootBytesMin: 4 << 10,
  vaultRootBytesMax: 8 << 20,
  vaultSegmentBytesMin: 1 << 10,
  vaultSegmentBytesMax: 64 << 20,
  vaultKeyCharactersMax: 256,
  /** One line over a vault's socket: a text of the greatest size, with every character escaped. */
  vaultLineBytesMax: 2 << 20,
  vaultCallersMax: 32,
  retryMsMin: 500,
  retryMsMax: 30_000,
} as const;
