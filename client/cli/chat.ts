import { emitKeypressEvents } from "node:readline";
import type { AlarmView, Client, MessageView, Notice } from "#client/core/client.ts";
import { Failure } from "#shared/failure.ts";
import { openAlarms } from "./alarms.ts";
import type { Session } from "./caller.ts";
import { asTyped, runCommand } from "./chat-commands.ts";
import { formatDuration } from "./duration.ts";
import { type Draft, edit, emptyDraft, type Key } from "./editor.ts";
import { holdVault, type VaultPlace } from "./holder.ts";
import type { Output } from "./output.ts";
import { createPaint, type Paint, wantsColours } from "./paint.ts";
import { drawScene, type Item, type Scene } from "./screen.ts";
import { chooseChannel } from "./settings.ts";
import { alarmHint, errorLine } from "./terminal.ts";
import { epochLine, motionLine } from "./translate.ts";
import { epochWords } from "./view.ts";
import { motionWords } from "./view-motion.ts";

/** Notes are drawn in one colour. */
const bare = createPaint(false);

/** Holds a channel's conversation on the whole screen until Ctrl-C or /quit. Failure `usage` off a terminal. */
export async function chat(
  place: VaultPlace,
  named: string | null,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (output.json || !output.interactive || process.stdout.isTTY !== true) {
    throw new Failure("usage", "chat needs a terminal; scripts use `send` and `recv --follow`");
  }
  const held = await holdVault(place, output);
  try {
    const channel = await chooseChannel(held, named);
    const paint = createPaint(wantsColours(process.stdout, process.env));
    await converse(held, channel, paint, signal);
  } finally {
    await held.close();
  }
}

async function converse(
  session: Session,
  channel: string,
  paint: Paint,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const room = new Room({ session, channel, paint, signal: gone.signal });
  const screen = process.stdout;
  const keys = process.stdin;
  emitKeypressEvents(keys);
  keys.setRawMode(true);
  keys.resume();
  // The alternate screen keeps the talk out of the terminal's scrollback; paste is told from typing.
  screen.write("\x1b[?1049h\x1b[?2004h");
  const onKey = (_typed: string | undefined, key: Key): void => room.press(key);
  const onResize = (): void => room.draw();
  const stop = (): void => room.end();
  keys.on("keypress", onKey);
  screen.on("resize", onResize);
  signal.addEventListener("abort", stop, { once: true });
  const unsubscribe = session.client.subscribe((notice) => room.hear(notice));
  try {
    await room.load();
    await room.ended;
  } finally {
    gone.abort();
    unsubscribe();
    signal.removeEventListener("abort", stop);
    screen.off("resize", onResize);
    keys.off("keypress", onKey);
    keys.setRawMode(false);
    keys.pause();
    screen.write("\x1b[?2004l\x1b[?1049l");
  }
}

/** The conversation on the screen: what was said, what is being typed, and the terminal that shows it. */
class Room {
  readonly ended: Promise<void>;
  readonly end: () => void;
  readonly #session: Session;
  readonly #client: Client;
  readonly #channel: string;
  readonly #paint: Paint;
  readonly #signal: AbortSignal;
  #items: readonly Item[] = [];
  #draft: Draft = emptyDraft;
  #back = 0;
  #pasting = false;
  #connected = false;
  #drawing = false;
  /** The latest alarm that asks to compare words and that nobody has answered. */
  #alarm: AlarmView | null = null;

  constructor(place: {
    readonly session: Session;
    readonly channel: string;
    readonly paint: Paint;
    readonly signal: AbortSignal;
  }) {
    this.#session = place.session;
    this.#client = place.session.client;
    this.#channel = place.channel;
    this.#paint = place.paint;
    this.#signal = place.signal;
    let end = (): void => {};
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.end = end;
  }

  async load(): Promise<void> {
    await this.#read();
    await this.#lookForAlarms();
    await this.#client.settle(this.#channel).catch(() => {});
    this.draw();
  }

  hear(notice: Notice): void {
    if (notice.type === "connection") this.#connected = notice.up;
    else if (notice.channel !== this.#channel) return;
    switch (notice.type) {
      case "message":
      case "forgotten":
        void this.#read();
        break;
      case "gap":
        this.#add({
          kind: "rule",
          tone: "warn",
          text: `⚠ ${notice.missing} missing from ${notice.from ?? "somebody"}: ${notice.detail}`,
        });
        break;
      case "alarm":
        this.#add({ kind: "rule", tone: "bad", text: `⚠ ${notice.code}: ${notice.detail}` });
        this.#note(alarmHint(notice.code));
        void this.#lookForAlarms();
        break;
      case "cleared":
        this.#add({ kind: "rule", tone: "good", text: `${notice.code} is over: ${notice.detail}` });
        void this.#lookForAlarms();
        break;
      case "epoch":
        this.#add({
          kind: "rule",
          tone: notice.joined.length > 0 ? "warn" : "good",
          text: epochWords(epochLine(notice)),
        });
        break;
      case "motion": {
        const line = motionLine(this.#client, notice);
        // What a commit has carried out is told by the epoch that it began.
        if (line.state === "granted" && line.granted !== null) break;
        const tone = line.state === "ended" ? "warn" : line.state === "granted" ? "good" : "calm";
        this.#add({ kind: "rule", tone, text: asTyped(motionWords(line)) });
        break;
      }
      case "freeze":
        this.#add({
          kind: "rule",
          tone: notice.on ? "warn" : "good",
          text: notice.on
            ? `${notice.by} has frozen the channel: nobody sends texts`
            : `${notice.by} lets everybody send again`,
        });
        break;
      case "state":
        this.#add({ kind: "rule", tone: "bad", text: `This seat is now: ${notice.state}` });
        break;
    }
    this.draw();
  }

  press(key: Key): void {
    if (key.ctrl === true && key.name === "c") {
      this.end();
      return;
    }
    if (key.name === "paste-start" || key.name === "paste-end") {
      this.#pasting = key.name === "paste-start";
      return;
    }
    if (key.name === "return" || key.name === "enter") {
      if (this.#pasting) this.#draft = edit(this.#draft, { sequence: " " });
      else this.#submit();
    } else if (key.name === "pageup") this.#back += 10;
    else if (key.name === "pagedown") this.#back = Math.max(0, this.#back - 10);
    else {
      if (key.name === "end") this.#back = 0;
      this.#draft = edit(this.#draft, key);
    }
    this.draw();
  }

  /** Draws once for all that happens in one turn of the event loop. */
  draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    setImmediate(() => {
      this.#drawing = false;
      const { columns = 80, rows = 24 } = process.stdout;
      const drawn = drawScene(this.#scene(), { columns, rows }, this.#paint);
      this.#back = Math.min(this.#back, drawn.backMax);
      const { row, column } = drawn.cursor;
      // Row by row over the old picture, so that nothing flickers; the cursor last.
      const picture = drawn.rows.map((text, at) => `\x1b[${at + 1};1H${text}\x1b[K`).join("");
      process.stdout.write(`\x1b[?25l${picture}\x1b[J\x1b[${row + 1};${column + 1}H\x1b[?25h`);
    });
  }

  #scene(): Scene {
    const status = this.#client.status(this.#channel);
    const alarm = this.#alarm;
    return {
      channel: status.name,
      label: status.label,
      epoch: status.epoch,
      connected: this.#connected || status.connected,
      state: status.state,
      members: this.#client.who(this.#channel),
      words: status.words,
      timer: status.timerMs === null ? null : formatDuration(status.timerMs),
      alarm: alarm === null ? null : `${alarm.code}: ${alarm.detail}. ${alarmHint(alarm.code)}`,
      items: this.#items,
      draft: this.#draft,
      back: this.#back,
    };
  }

  #submit(): void {
    const text = this.#draft.text.join("").trim();
    this.#draft = emptyDraft;
    this.#back = 0;
    if (text === "") return;
    if (text.startsWith("/") && !text.startsWith("//")) void this.#command(text);
    else void this.#say(text.replace(/^\/\//, "/"));
  }

  async #say(body: string): Promise<void> {
    const from = this.#client.status(this.#channel).label;
    const id = `waiting ${this.#items.length}`;
    const item = { kind: "message", id, from, mine: true, atMs: Date.now(), body } as const;
    this.#add({ ...item, state: "waiting" });
    try {
      const sent = await this.#client.send({ channel: this.#channel, text: body });
      this.#replace(id, { ...item, id: sent.id, state: "sent" });
    } catch (error) {
      const failure = this.#tell(error);
      if (failure.code === "network") this.#replace(id, { ...item, state: "kept" });
      else this.#items = this.#items.filter((each) => each.kind !== "message" || each.id !== id);
    }
    this.draw();
  }

  async #command(text: string): Promise<void> {
    if (text.startsWith("/quit")) return this.end();
    try {
      await runCommand(text, {
        session: this.#session,
        channel: this.#channel,
        signal: this.#signal,
        paint: bare,
        note: (said) => {
          this.#note(said);
          this.draw();
        },
      });
    } catch (error) {
      if (!this.#signal.aborted) this.#tell(error);
    }
    await this.#lookForAlarms();
  }

  async #lookForAlarms(): Promise<void> {
    const open = await openAlarms(this.#session, this.#channel).catch(() => []);
    this.#alarm = open[open.length - 1] ?? null;
    this.draw();
  }

  /** Brings in what is new from the vault, and takes out what the timer has forgotten. */
  async #read(): Promise<void> {
    const stored = await this.#client.messages(this.#channel);
    const last = stored[stored.length - 1];
    const kept = new Set(stored.map((message) => message.id));
    const known = new Set(
      this.#items.flatMap((item) => (item.kind === "message" ? [item.id] : [])),
    );
    const fresh = stored.filter((message) => !known.has(message.id) && !this.#isBeingSaid(message));
    this.#items = [
      ...this.#items.filter(
        (item) => item.kind !== "message" || item.state !== "sent" || kept.has(item.id),
      ),
      ...fresh.map(toItem),
    ];
    if (last !== undefined) {
      await this.#client.markRead({ channel: this.#channel, cursor: last.cursor });
    }
    this.draw();
  }

  /** Own words stand on the screen from the moment they are typed; their ack brings the id. */
  #isBeingSaid(message: MessageView): boolean {
    return (
      message.mine &&
      this.#items.some(
        (item) => item.kind === "message" && item.state !== "sent" && item.body === message.body,
      )
    );
  }

  #tell(error: unknown): Failure {
    const failure =
      error instanceof Failure ? error : new Failure("internal", "an unexpected error");
    const { message, hint } = errorLine(failure);
    this.#note(`${message}\n→ ${hint}`);
    return failure;
  }

  #note(text: string): void {
    this.#add({ kind: "note", text });
  }

  #add(item: Item): void {
    this.#items = [...this.#items, item];
    if (this.#back > 0) this.#back += 2; // whoever reads further up stays about where they are
  }

  #replace(id: string, item: Item): void {
    this.#items = this.#items.map((each) =>
      each.kind === "message" && each.id === id ? item : each,
    );
  }
}

function toItem({ id, from, mine, receivedAt, body }: MessageView): Item {
  return { kind: "message", id, from, mine, atMs: receivedAt, body, state: "sent" };
}
