import { darkPalette } from "#client/charts/palette.ts";

const dark = Object.entries({
  ...darkPalette,
  "--page": "#12171d",
  "--card": "#1c232b",
  "--good": "#6fd1ad",
})
  .map(([name, value]) => `${name}:${value}`)
  .join(";");

/** One style sheet for the screen, a projector, a phone and paper. No fonts and nothing else is fetched. */
export const reportStyle = `
:root{--page:#f4f5f6;--card:#fff;--ink:#16202c;--quiet:#55606c;--rule:#c9d0d8;--leak:#b3261e;--good:#11674d;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:18px/1.5 Inter,system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{max-width:1320px;margin:0 auto;padding:32px 28px 64px}
header{margin-bottom:24px}
h1{font-size:40px;line-height:1.15;margin:6px 0 10px}
h2{font-size:26px;margin:0 0 14px}
p{max-width:75ch;margin:0 0 12px}
.quiet{color:var(--quiet)}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:24px 26px;margin:0 0 22px}
.top{display:grid;grid-template-columns:auto 1fr;gap:8px 32px;align-items:center}
.big{font-size:88px;font-weight:800;line-height:1;color:var(--leak)}
.big.none{color:var(--good)}
.sentence{font-size:24px;line-height:1.4;margin:0}
.verdict{display:inline-block;border:2px solid var(--good);color:var(--good);border-radius:8px;padding:2px 12px;font-weight:700}
.verdict.broken{border-color:var(--leak);color:var(--leak)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:17px}
th,td{text-align:left;vertical-align:top;padding:8px 14px 8px 0;border-bottom:1px solid var(--rule)}
th{color:var(--quiet);font-weight:600}
td.number{font-variant-numeric:tabular-nums;white-space:nowrap;font-weight:600}
.badge{border:1.5px solid currentColor;border-radius:6px;padding:1px 7px;font-size:15px;font-weight:700;white-space:nowrap}
.badge.ASSUMED{border-style:dashed}
code{font:15px/1.4 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.narrow{display:none}
li{margin-bottom:6px;max-width:80ch}
@media (max-width:760px){
 main{padding:16px 12px}
 h1{font-size:28px}h2{font-size:21px}
 .card{padding:16px 14px}.top{grid-template-columns:1fr}.big{font-size:64px}.sentence{font-size:19px}
 .wide{display:none}.narrow{display:block}
 td:last-child{min-width:13em}
}
@media print{
 :root{--page:#fff;--card:#fff;--ink:#000;--quiet:#333;color-scheme:light}
 body{font-size:12pt}main{max-width:none;padding:0}
 .card{break-inside:avoid;border-color:#999}
}
`;
