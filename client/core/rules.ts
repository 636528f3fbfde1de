import { channelRules, type Rules } from "#client/mls/group.ts";
import { declarationExtension } from "./declaration.ts";
import { policyExtension } from "./policy.ts";

/** What a channel's MLS group accepts: the strict rules, its policy in the GroupContext, and declarations in leaves. */
export const channelGroupRules: Rules = {
  ...channelRules,
  extensions: [policyExtension, declarationExtension],
};

/** Extension types that every seat must say it knows. */
export const channelExtensions: readonly number[] = [policyExtension, declarationExtension];
