import type { Client } from "#client/core/client.ts";

/** Told at the moment of each grant, by its id, with a way to the clients as they are then. */
export type OnGrant = (grant: string, clientOf: (actor: string) => Client) => void;
