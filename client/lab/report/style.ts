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
h2{font-size:26px;line-height:1.25;margin:0 0 14px}
h3{font-size:20px;line-height:1.3;margin:24px 0 8px}
p{max-width:75ch;margin:0 0 12px;overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
.note{margin:14px 0 0}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:24px 26px;margin:0 0 22px}
.card>:last-child{margin-bottom:0}
.top{display:grid;grid-template-columns:auto 1fr;gap:8px 32px;align-items:center}
.big{font-size:88px;font-weight:800;line-height:1;color:var(--leak)}
.big.none{color:var(--good)}
.sentence{font-size:24px;line-height:1.4;margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:22px 40px}
.tile .quiet{font-size:22px;font-weight:700}
.tile .figure{font-size:44px;font-weight:800;line-height:1.2;color:var(--leak)}
.tile .score{font-weight:700;margin-top:6px}
.verdict{display:inline-block;border:2px solid var(--good);color:var(--good);border-radius:8px;padding:2px 12px;font-weight:700}
.verdict.broken{border-color:var(--leak);color:var(--leak)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 26px;margin:0}
dl>div{display:contents}
dt{color:var(--quiet);font-weight:600}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:17px}
th,td{text-align:left;vertical-align:top;padding:8px 14px 8px 0;border-bottom:1px solid var(--rule)}
td{overflow-wrap:break-word}
th{color:var(--quiet);font-weight:600}
td.number{font-variant-numeric:tabular-nums;white-space:nowrap;font-weight:600}
.badge{border:1.5px solid currentColor;border-radius:6px;padding:1px 7px;font-size:15px;font-weight:700;white-space:nowrap}
.badge.ASSUMED,.badge.EXTRAPOLATED{border-style:dashed}
.boxes{display:inline-flex;gap:5px}
.box{border:1.5px solid var(--quiet);color:var(--quiet);border-radius:5px;width:1.7em;text-align:center;line-height:1.6}
.box.on{background:var(--ink);border-color:var(--ink);color:var(--card)}
.thread{border-left:5px solid var(--rule);padding-left:20px;margin:20px 0}
.thread .inject{font-size:20px}
.actions{list-style:none;padding:0;margin:0}
.effect{font-weight:700}
code,pre{font:15px/1.4 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;margin:0}
.narrow{display:none}
ul,ol{margin:0;padding-left:1.4em}
li{margin-bottom:6px;max-width:80ch;overflow-wrap:anywhere}
@media screen and (min-width:1700px){
 body{font-size:24px}
 main{max-width:1760px}
 h1{font-size:60px}h2{font-size:36px}h3{font-size:28px}
 table{font-size:23px}code,pre,.badge{font-size:20px}
 .big{font-size:132px}.sentence{font-size:34px}
 .tile .quiet{font-size:30px}.tile .figure{font-size:72px}
 .thread .inject{font-size:28px}
}
@media screen and (max-width:760px){
 main{padding:16px 12px}
 h1{font-size:28px}h2{font-size:21px}h3{font-size:18px}
 .card{padding:16px 14px}.top{grid-template-columns:1fr}.big{font-size:64px}.sentence{font-size:19px}
 .tile .figure{font-size:36px}
 .wide{display:none}.narrow{display:block}
 dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:9px}
 table:not(.stack) td:last-child{min-width:13em}
 table.stack,table.stack tbody,table.stack tr,table.stack td{display:block}
 table.stack thead{display:none}
 table.stack tr{border-bottom:2px solid var(--rule);padding:9px 0}
 table.stack tr:last-child{border-bottom:0;padding-bottom:0}
 table.stack td{border:0;padding:2px 0;white-space:normal}
 table.stack td:empty{display:none}
 table.stack td:not(:first-child)::before{content:attr(data-column) ": ";color:var(--quiet);font-weight:400}
 table.stack td:first-child{font-weight:700}
}
@media print{
 @page{size:A4;margin:14mm 14mm 17mm;@bottom-right{content:counter(page) " / " counter(pages);font:9pt system-ui,sans-serif;color:#555}}
 :root{--page:#fff;--card:#fff;--ink:#000;--quiet:#333;--rule:#999;--leak:#8c1d17;--good:#0b4a37;color-scheme:light}
 body{font-size:10.5pt;line-height:1.4}main{max-width:none;padding:0}
 h1{font-size:24pt}h2{font-size:15pt;margin-bottom:3mm}h3{font-size:12pt;margin:4mm 0 1.5mm}
 h1,h2,h3,.inject{break-after:avoid}
 p{max-width:none;orphans:3;widows:3}
 .card{padding:0;border:0;border-top:1pt solid #000;border-radius:0;padding-top:4mm;margin:0 0 6mm}
 .card.figure-card,.tile,tr,li,.thread p{break-inside:avoid}
 .sentence{font-size:13pt}.big{font-size:40pt}.tile .figure{font-size:22pt}.tile .quiet{font-size:12pt}.thread .inject{font-size:11.5pt}
 table{font-size:9pt}thead{display:table-header-group}
 th,td{padding:1.2mm 3mm 1.2mm 0}
 code,pre{font-size:7.5pt}.badge{font-size:8pt}
 .scroll{overflow:visible}
 .wide{display:block}.narrow{display:none}
 .card.figure-card svg{max-height:105mm}
}
`;
