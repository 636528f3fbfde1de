import { Hono } from "hono";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { errorOf } from "#shared/wire.ts";

/** The relay's plain HTTP: whether it is well, and named errors for everything else. */
export function createApp(parts: {
  readonly addresses: ReadonlySet<string>;
  /** Whether the log takes appends. */
  readonly isWell: () => boolean;
}): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const host = (context.req.header("host") ?? "").toLowerCase();
    if (!parts.addresses.has(host)) {
      return context.json(refusal("wrong-address", "not known under the address dialled"), 421);
    }
    await next();
    context.header("cache-control", "no-store");
    context.header("x-content-type-options", "nosniff");
  });
  app.get("/health", (context) => {
    const isWell = parts.isWell();
    const status = isWell ? "ok" : "failed";
    return context.json({ v: limits.version, type: "health", status }, isWell ? 200 : 503);
  });
  app.get("/v1/socket", (context) =>
    context.json(refusal("bad-message", "this endpoint is a WebSocket"), 426),
  );
  app.get("/v1/rendezvous", (context) =>
    context.json(refusal("bad-message", "this endpoint is a WebSocket"), 426),
  );
  app.notFound((context) => context.json(refusal("not-found", "no such endpoint"), 404));
  return app;
}

function refusal(code: "wrong-address" | "bad-message" | "not-found", detail: string) {
  return errorOf(new Failure(code, `relay: ${detail}`), null, null);
}
