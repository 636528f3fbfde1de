import type { ComponentChildren, JSX } from "preact";
import { render } from "preact-render-to-string";
import type { Figure } from "#client/charts/figure.ts";
import { FigureView } from "#client/charts/figure-view.tsx";
import { Card } from "./parts.tsx";
import { reportStyle } from "./style.ts";

/**
 * One page that opens anywhere and prints: no script, nothing fetched. Texts from scenarios and worlds
 * arrive as text nodes; the policy refuses script even if one slipped through. A page that is written
 * again and again asks the browser to read it again after `refreshSeconds`.
 */
export function renderPage(
  title: string,
  children: ComponentChildren,
  refreshSeconds: number | null = null,
  moreStyle = "",
): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        {refreshSeconds !== null && <meta http-equiv="refresh" content={String(refreshSeconds)} />}
        <title>{`${title} – Backchannel leak lab`}</title>
        <style dangerouslySetInnerHTML={{ __html: reportStyle + moreStyle }} />
      </head>
      <body>
        <main>{children}</main>
      </body>
    </html>
  );
  return `<!doctype html>\n${render(page)}\n`;
}

/** A figure in a card of its own, in the size of the page. `id` is unique in the page. */
export function FigureCard({ figure, id }: { figure: Figure; id: string }): JSX.Element {
  return (
    <Card title={figure.title} isFigure>
      <p class="quiet">{figure.caption}</p>
      <div class="wide">
        <FigureView figure={figure} id={`${id}-wide`} size="wide" />
      </div>
      <div class="narrow">
        <FigureView figure={figure} id={`${id}-narrow`} size="narrow" />
      </div>
    </Card>
  );
}
