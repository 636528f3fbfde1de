import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Failure } from "#shared/failure.ts";
import { hostOf } from "#shared/wire.ts";

/** Where a relay listens. */
export interface Listen {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** PEM; without it the relay speaks plain HTTP. */
  readonly certificate?: { readonly key: string; readonly chain: string };
  /** Another server ends TLS in front and passes the Host header on. */
  readonly behindProxy?: boolean;
}

const loopbacks: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Refuses to listen where the wire could be read: beyond this machine only with a certificate or
 * behind a proxy, and only under addresses that were named. Failure `usage`.
 */
export function checkListen(listen: Listen | null, addresses: readonly string[]): void {
  if (listen === null) {
    if (addresses.length > 0) return;
    throw new Failure("usage", "name the address of a relay that is not on the network");
  }
  const isLoopback = loopbacks.has(listen.host);
  if (!isLoopback && listen.certificate === undefined && listen.behindProxy !== true) {
    const hint = "give a certificate, or say that it is behind a proxy";
    throw new Failure("usage", `plain HTTP is served on loopback only: ${hint}`);
  }
  const isPublic = !isLoopback || listen.behindProxy === true;
  if (isPublic && addresses.length === 0) {
    throw new Failure("usage", "name the addresses under which clients dial this relay");
  }
}

/** The Hosts that clients may dial: those named, and on loopback its three names. */
export function hostsOf(
  listen: Listen | null,
  port: number,
  addresses: readonly string[],
): string[] {
  const named = addresses.map(hostOf);
  if (listen === null || !loopbacks.has(listen.host)) return named;
  const scheme = listen.certificate === undefined ? "http" : "https";
  const names = ["127.0.0.1", "localhost", "[::1]"];
  return [...named, ...names.map((name) => hostOf(`${scheme}://${name}:${port}`))];
}

type Handler = Parameters<typeof createServer>[1];

/** An HTTP or HTTPS server that is not listening yet. */
export function createHttp(listen: Listen, handler: NonNullable<Handler>): Server {
  if (listen.certificate === undefined) return createServer(handler);
  const { key, chain } = listen.certificate;
  return createSecureServer({ key, cert: chain, minVersion: "TLSv1.3" }, handler);
}

/** Starts listening; the port it got. Failure `network` when it is taken or not ours. */
export async function startListening(server: Server, listen: Listen): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const { host, port } = listen;
      reject(new Failure("network", `cannot listen on ${host} port ${port}: ${error.code}`));
    };
    server.once("error", refuse);
    server.listen(listen.port, listen.host, () => {
      server.off("error", refuse);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
