import childProcess from "node:child_process";
import cluster from "node:cluster";
import dgram from "node:dgram";
import dns from "node:dns";
import dnsPromises from "node:dns/promises";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import inspector from "node:inspector";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import tls from "node:tls";
import workerThreads from "node:worker_threads";
import { Failure } from "#shared/failure.ts";

/**
 * Takes the network, other processes and threads away from this process, for good: every function of
 * the modules that reach them refuses, however it is imported later. Files are Node's permission model's
 * part. A guard against mistakes in an attack, not against malice (DESIGN section 6).
 */
export function refuseNetwork(): void {
  const modules: Readonly<Record<string, object>> = {
    child_process: childProcess,
    cluster,
    dgram,
    dns,
    "dns/promises": dnsPromises,
    http,
    http2,
    https,
    inspector,
    net,
    tls,
    worker_threads: workerThreads,
  };
  // The prototype first: what was taken from a module before, or hangs on stdout, cannot connect either.
  refuse(net.Socket.prototype, "connect", "net.Socket.connect");
  refuse(net.Server.prototype, "listen", "net.Server.listen");
  for (const [name, module] of Object.entries(modules)) {
    for (const [key, value] of Object.entries(module)) {
      if (typeof value === "function") refuse(module, key, `${name}.${key}`);
    }
  }
  syncBuiltinESMExports();
  for (const name of ["fetch", "WebSocket", "EventSource", "XMLHttpRequest"]) {
    refuse(globalThis, name, name);
  }
}

function refuse(owner: object, key: string, name: string): void {
  Object.defineProperty(owner, key, {
    configurable: false,
    enumerable: true,
    writable: false,
    value: function refused(): never {
      throw new Failure("refused", `an attack has evidence and nothing else: ${name} is closed`);
    },
  });
}
