import { channelRules, type Rules } from "#client/mls/group.ts";
import { policyExtension } from "./policy.ts";

/** What a channel's MLS group accepts: the strict rules, and the one extension that holds its policy. */
export const channelGroupRules: Rules = { ...channelRules, extensions: [policyExtension] };

/** Extension types that every seat must say it knows. */
export const channelExtensions: readonly number[] = [policyExtension];
