import { describe, expect, test } from "vitest";
import type { Request } from "#client/cli/request.ts";
import { requestSchema } from "#client/cli/request.ts";
import { runRequest } from "#client/cli/verbs.ts";
import type { AlarmView, Client } from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";
import { failureOf, fakeSession, listen, motionOf, seat } from "./fake-client.ts";

const say = ["wasp", "walnut", "violin"];
const heard = ["crawfish", "bamboo", "tulip"];
const id = motionOf().id;

function approve(changes: Partial<Extract<Request, { verb: "approve" }>> = {}): Request {
  const wish = { words: null, despite: false, codeMs: null, ...changes };
  return requestSchema.parse({ verb: "approve", channel: null, id: "3f2a", ...wish });
}

describe("approve", () => {
  test("where nobody can be asked, it shows what to read and stops with the next command", async () => {
    const asked: unknown[] = [];
    const check: Client["check"] = async (wish) => {
      asked.push(wish);
      return { say };
    };
    const { session } = fakeSession({ motions: [motionOf()], methods: { check } });
    const { lines, caller } = listen();
    const failure = await failureOf(runRequest(session, approve(), caller));
    expect(failure.code).toBe("pending");
    expect(failure.exit).toBe(7);
    expect(asked).toEqual([{ channel: "north-line", id, despite: false }]);
    expect(lines).toEqual([
      {
        type: "check",
        channel: "north-line",
        id,
        label: "Wren",
        say,
        next: 'backchannel approve 3f2a --words "WORD WORD WORD"',
      },
    ]);
  });

  test("on a terminal it asks for the newcomer's words and goes on with them", async () => {
    const approvals: unknown[] = [];
    const { session } = fakeSession({
      motions: [motionOf()],
      methods: {
        check: async () => ({ say }),
        approve: async (wish) => {
          approvals.push(wish);
          return { epoch: 3 };
        },
      },
    });
    const { lines, caller } = listen(async (label) => {
      expect(label).toBe("Wren");
      return heard;
    });
    await runRequest(session, approve(), caller);
    expect(approvals).toEqual([{ channel: "north-line", id, despite: false, words: heard }]);
    expect(lines.map(({ type }) => type)).toEqual(["check", "approved"]);
  });

  test("the question is taken back when the attempt has ended meanwhile", async () => {
    const { session, tell } = fakeSession({
      motions: [motionOf()],
      methods: { check: async () => ({ say }) },
    });
    const { caller } = listen((_, over) => {
      return new Promise((_resolve, reject) => {
        over.addEventListener("abort", () => reject(new Failure("interrupted", "taken back")));
        tell({
          type: "motion",
          channel: "north-line",
          state: "ended",
          ...motionOf({ ended: "words" }),
        });
      });
    });
    const failure = await failureOf(runRequest(session, approve(), caller));
    expect(failure.code).toBe("auth");
    expect(failure.exit).toBe(4);
  });

  test("a removal needs no words", async () => {
    const { session } = fakeSession({
      motions: [motionOf({ op: "remove", label: "Plover" })],
      methods: { approve: async () => ({ epoch: 4 }) },
    });
    const { lines, caller } = listen();
    await runRequest(session, approve(), caller);
    expect(lines).toEqual([
      { type: "approved", channel: "north-line", id, op: "remove", label: "Plover", epoch: 4 },
    ]);
  });

  test("an approval that is not the last one ends with 7 and shows who is missing", async () => {
    const members = [seat("Slate", "p1"), seat("Heron", "p2"), seat("Wren", "p3")];
    const motion = motionOf({ op: "policy", label: "", given: ["Slate", "Heron"], needed: 3 });
    const { session } = fakeSession({
      motions: [motion],
      members,
      methods: { approve: async () => ({ epoch: null }) },
    });
    const { lines, caller } = listen();
    expect((await failureOf(runRequest(session, approve(), caller))).code).toBe("pending");
    expect(lines[0]).toMatchObject({ type: "pending", needed: 3, waitsFor: ["Wren"] });
  });

  test.each([
    ["no motion begins so", { id: "ffff" }, [], "not-found"],
    ["two motions begin so", {}, [motionOf({ id: "3f2a00".padEnd(32, "0") })], "usage"],
  ] as const)("%s: refused", async (_, changes, others, code) => {
    const { session } = fakeSession({ motions: [motionOf(), ...others] });
    const { caller } = listen();
    expect((await failureOf(runRequest(session, approve(changes), caller))).code).toBe(code);
  });

  test.each([
    ["words", "auth", 4] as const,
    ["denied", "denied", 7] as const,
    ["expired", "denied", 7] as const,
  ])("a motion that ended by %s is over", async (ended, code, exit) => {
    const { session } = fakeSession({ motions: [motionOf({ ended })] });
    const { caller } = listen();
    expect(await failureOf(runRequest(session, approve(), caller))).toMatchObject({ code, exit });
  });
});

describe("remove", () => {
  test("that waits names the motion, who may agree and what they type", async () => {
    const members = [
      seat("Slate", "p1"),
      seat("Slate phone", "p1"),
      seat("Heron", "p2"),
      seat("Plover", "p3"),
    ];
    const other = motionOf({ id: "3f2a77".padEnd(32, "0") });
    const { session } = fakeSession({
      motions: [motionOf({ op: "remove", label: "Plover" }), other],
      members,
      methods: { remove: async () => ({ epoch: null, id }) },
    });
    const { lines, caller } = listen();
    const request: Request = { verb: "remove", channel: null, label: "Plover" };
    const failure = await failureOf(runRequest(session, request, caller));
    expect(failure.code).toBe("pending");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      type: "pending",
      id,
      // Not the second seat of the person who moved it, and not the one who is to go.
      waitsFor: ["Heron"],
      next: "backchannel approve 3f2a9",
    });
  });
});

describe("join", () => {
  const request: Request = {
    verb: "join",
    code: "482913-crawfish-bamboo-tulip",
    ...{ second: null, sponsors: 2, archives: false, relay: "127.0.0.1:7117", name: null },
  };
  const asking: Client["join"] = async ({ ask }) => {
    await ask?.({ by: "Heron", say }).catch(() => {
      throw new Failure("pending", "not typed");
    });
    return {
      ...{ channel: "channel", label: "Wren", epoch: 3 },
      admittedBy: [
        { label: "Slate", check: "code" },
        { label: "Heron", check: "words" },
      ],
    };
  };

  test("stops at the words where nobody can be asked", async () => {
    const { session } = fakeSession({ methods: { join: asking } });
    const { lines, caller } = listen();
    expect((await failureOf(runRequest(session, request, caller))).exit).toBe(7);
    expect(lines).toEqual([
      {
        type: "check",
        channel: null,
        id: null,
        label: "Heron",
        say,
        next: 'backchannel join --words "WORD WORD WORD"',
      },
    ]);
  });

  test("goes on with the words of a person who is there, and says who admitted", async () => {
    const { session } = fakeSession({ methods: { join: asking } });
    const { lines, caller } = listen(async () => heard);
    await runRequest(session, request, caller);
    expect(lines.at(-1)).toMatchObject({
      type: "joined",
      admittedBy: ["Slate", "Heron"],
      sponsors: [
        { label: "Slate", check: "code" },
        { label: "Heron", check: "words" },
      ],
    });
  });

  test("Ctrl-C at the question is an interruption, no refusal", async () => {
    const { session } = fakeSession({ methods: { join: asking } });
    const { caller } = listen(async () => {
      throw new Failure("interrupted", "by you");
    });
    expect((await failureOf(runRequest(session, request, caller))).exit).toBe(130);
  });
});

describe("alarms", () => {
  const fork: AlarmView = { code: "fork", epoch: 2, from: "Heron", detail: "two heads" };
  const status: Request = { verb: "status", channel: null, compared: false };

  test("status ends with 8 until somebody says that the words were compared", async () => {
    const alarms = [fork];
    const { session } = fakeSession({ alarms });
    const { lines, caller } = listen();
    expect((await failureOf(runRequest(session, status, caller))).exit).toBe(8);
    expect(lines[0]).toMatchObject({ alarms: [{ code: "fork", open: true }] });

    await runRequest(session, { ...status, compared: true }, caller);
    expect(lines[1]).toMatchObject({ alarms: [{ code: "fork", open: false }] });
    await runRequest(session, status, caller);

    alarms.push({ ...fork, epoch: 3 });
    expect((await failureOf(runRequest(session, status, caller))).code).toBe("alarm");
    expect(lines.at(-1)).toMatchObject({ alarms: [{ open: false }, { open: true }] });
  });

  test("a warning that words cannot settle does not end with 8", async () => {
    const warning: AlarmView = { code: "look-alike", epoch: 2, from: null, detail: "Wren, Wrеn" };
    const { session } = fakeSession({ alarms: [warning] });
    const { lines, caller } = listen();
    await runRequest(session, status, caller);
    expect(lines[0]).toMatchObject({ alarms: [{ code: "look-alike", open: false }] });
  });
});
