import { expect, test } from "vitest";
import { type Approval, decodeApproval, encodeApprovals } from "#client/core/approval.ts";
import { authorise } from "#client/core/authority.ts";
import { findMotion } from "#client/core/motion.ts";
import { amendPolicy, decodePolicy, encodePolicy, type Policy } from "#client/core/policy.ts";
import { checkCommit, commit } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { type Node, seatAll } from "./steps.ts";

test("approvals of one change of policy never serve another, though it asks for the same again", () => {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  const policyOf = (node: Node): Policy => decodePolicy(node.channel.group.extensions);
  const agree = (approvals: number, others: readonly Node[]): readonly Approval[] => {
    const id = hex(table.random(16));
    table.do(slate, {
      type: "move",
      id,
      change: { op: "policy", approvals, check: "words", archivers: "shown" },
    });
    table.run();
    for (const node of others) {
      table.do(node, { type: "consent", id, check: "none" });
      table.run();
    }
    expect(policyOf(slate).approvals).toBe(approvals);
    return findMotion(otter.channel, id)?.approvals.map(decodeApproval) ?? [];
  };
  agree(2, []);
  const spent = agree(1, [heron, otter]);
  agree(2, []);
  const lower = () => {
    const { group } = otter.channel;
    const extensions = encodePolicy(amendPolicy(policyOf(otter), { approvals: 1 }));
    const authenticatedData = encodeApprovals(spent);
    const made = commit(group, { extensions, authenticatedData, random: table.random });
    return authorise(slate.channel.group, checkCommit(slate.channel.group, made.message));
  };
  expect(spent).toHaveLength(3);
  expect(lower).toThrow("a change of policy with 0 of 3 approvals");
});
