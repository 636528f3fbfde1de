import { startRelay } from "#server/relay.ts";

/** A relay as a process of its own, to be killed: folder and port from the arguments, a line when it is up. */
const [folder, port] = process.argv.slice(2);
const relay = await startRelay({
  data: folder as string,
  listen: { host: "127.0.0.1", port: Number(port) },
});
process.stdout.write(`${JSON.stringify({ address: relay.address })}\n`);
