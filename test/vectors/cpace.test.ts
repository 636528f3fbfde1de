import { beforeAll, expect, test } from "vitest";
import { type CpaceFinish, finish, generator, start } from "#client/crypto/cpace.ts";
import { ready } from "#client/crypto/sodium.ts";
import { hex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

interface Vectors {
  readonly G_Coffee25519: Readonly<Record<string, string>>;
  readonly G_Coffee25519_points: {
    readonly Valid: Readonly<Record<string, string>>;
    readonly "Invalid Y1": string;
    readonly "Invalid Y2": string;
  };
}

beforeAll(ready);

const vectors = readVectors<Vectors>("cpace/ristretto255.json");
const at = (name: string) => bytesOf(vectors.G_Coffee25519[name] ?? "missing");

test("CPace over ristretto255 comes out as in the draft's appendix", () => {
  const count = tally("CPace draft-21 ristretto255");
  const same = (actual: Uint8Array, name: string) => {
    expect(hex(actual), name).toBe(hex(at(name)));
    count.ran();
  };
  const input = { prs: at("PRS"), ci: at("CI"), sid: at("sid") };
  same(generator(input), "g");
  const a = start(input, () => at("ya"));
  const b = start(input, () => at("yb"));
  same(a.scalar, "ya");
  same(b.scalar, "yb");
  same(a.share, "Ya");
  same(b.share, "Yb");
  const [sideA, sideB] = [
    { sid: input.sid, scalar: a.scalar, share: a.share, ad: at("ADa") },
    { sid: input.sid, scalar: b.scalar, share: b.share, ad: at("ADb") },
  ];
  const peer = (side: { share: Uint8Array; ad: Uint8Array }) => ({
    peerShare: side.share,
    peerAd: side.ad,
  });
  // K itself is not handed out; ISK_IR holds only if K does, for it is hashed into it.
  same(finish({ role: "initiator", ...sideA, ...peer(sideB) }), "ISK_IR");
  same(finish({ role: "responder", ...sideB, ...peer(sideA) }), "ISK_IR");
  checkPoints(() => count.ran());
  count.skip("K: checked through ISK");
  count.skip("symmetric setting and session id output: not used", 3);
  count.report(10);
});

function checkPoints(ran: () => void): void {
  const points = vectors.G_Coffee25519_points;
  const side = (peerShare: string): CpaceFinish => ({
    role: "initiator",
    sid: at("sid"),
    scalar: bytesOf(points.Valid.s ?? "missing"),
    share: at("Ya"),
    ad: at("ADa"),
    peerShare: bytesOf(peerShare),
    peerAd: at("ADb"),
  });
  expect(finish(side(points.Valid.X ?? "missing")).length).toBe(64);
  ran();
  for (const invalid of [points["Invalid Y1"], points["Invalid Y2"]]) {
    expect(() => finish(side(invalid))).toThrow(Failure);
    ran();
  }
}
