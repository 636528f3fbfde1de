import type { Output } from "./output.ts";

/** What the QR code of an invitation holds: the relay and the code, for a client with a camera. */
export function invitationLink(relay: string, code: string): string {
  return `backchannel:join?relay=${encodeURIComponent(relay)}&code=${code}`;
}

/** An output that draws the QR code below an invitation, on a terminal only. */
export function withQr(output: Output): Pick<Output, "line"> {
  if (output.json || !output.interactive) return output;
  return {
    line(line) {
      output.line(line);
      if (line.type !== "invite" || line.second) return;
      void import("uqr").then(({ renderUnicodeCompact }) => {
        const drawn = renderUnicodeCompact(invitationLink(line.relay, line.code), { border: 2 });
        output.talk(`\n${drawn.replace(/^/gm, "    ")}`);
      });
    },
  };
}
