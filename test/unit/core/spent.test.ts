import { expect, test } from "vitest";
import { type Approval, decodeApproval, encodeApprovals } from "#client/core/approval.ts";
import { authorise } from "#client/core/authority.ts";
import { findMotion } from "#client/core/motion.ts";
import { decodePolicy, encodePolicy, type Policy } from "#client/core/policy.ts";
import { checkCommit, commit } from "#client/mls/group.ts";
import { hex } from "#shared/bytes.ts";
import { type Node, seatAll } from "./steps.ts";

test("approvals that were used count again for the same thing, until a signer's key changes", () => {
  const { table, nodes } = seatAll(["Slate", "Heron", "Otter"]);
  const [slate, heron, otter] = nodes as [Node, Node, Node];
  const policyOf = (node: Node): Policy => decodePolicy(node.channel.group.extensions);
  const agree = (approvals: number, others: readonly Node[]): readonly Approval[] => {
    const id = hex(table.random(16));
    table.do(slate, { type: "move", id, change: { op: "policy", approvals, check: "words" } });
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
    const extensions = encodePolicy({ ...policyOf(otter), approvals: 1 });
    const authenticatedData = encodeApprovals(spent);
    const made = commit(group, { extensions, authenticatedData, random: table.random });
    return authorise(slate.channel.group, checkCommit(slate.channel.group, made.message));
  };
  expect(lower().policy.approvals).toBe(1);
  table.do(heron, { type: "wish", wish: { kind: "rotate", id: "renew" } });
  table.run();
  expect(lower).toThrow("the signature does not hold");
});
