/** What cards need beyond a report: sheets that begin a page, edges to cut along, a line to fold along. */
export const cardsStyle = `
.sheet{margin-bottom:30px}
.sheet>h2{margin-top:0}
.deck{display:grid;gap:0;grid-template-columns:minmax(0,1fr)}
.deck.pairs{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.cut{border:2px dashed var(--quiet);background:var(--card);break-inside:avoid;position:relative}
.cut::before{content:"✂";position:absolute;top:-.72em;left:14px;line-height:1;background:var(--page);color:var(--quiet)}
.fold{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.fold>*{min-height:270px}
.face{min-width:0;overflow-wrap:anywhere;padding:20px 22px;display:flex;flex-direction:column;gap:8px}
.fold>.face+.face{border-left:2px dotted var(--quiet)}
.face .name{font-size:28px;font-weight:800;line-height:1.15}
.face .kind{font-size:14px;font-weight:700;letter-spacing:.06em;text-transform:uppercase;color:var(--quiet)}
.face .value{font-size:44px;font-weight:800;line-height:1.1}
.face p{margin:0;max-width:none}
.foot{margin-top:auto!important;font-size:13px;color:var(--quiet)}
.rolls{width:100%;font-size:18px}
.rolls td,.rolls th{padding:3px 10px 3px 0}
.rolls td:first-child{font-weight:800;font-variant-numeric:tabular-nums;white-space:nowrap}
.face table.rolls td:last-child{min-width:0}
.face table.rolls th:last-child{white-space:nowrap}
.lines{border-bottom:1.5px solid var(--rule);height:2.1em}
.play li{margin-bottom:8px}
@media screen and (max-width:760px){.deck.pairs{grid-template-columns:minmax(0,1fr)}.face .value{font-size:34px}}
@media screen and (max-width:520px){.fold{grid-template-columns:minmax(0,1fr)}.fold>*{min-height:0}.fold>.face+.face{border-left:0;border-top:2px dotted var(--quiet)}}
@media print{
 @page{size:A4;margin:12mm 12mm 16mm}
 .sheet{break-before:page;margin:0}
 .sheet.first{break-before:auto}
 .cut{border:1.2pt dashed #000}
 .fold{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
 .deck.pairs{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
 .fold>*{min-height:78mm}
 .face{padding:4mm 6mm 3mm;gap:1.5mm}
 .fold>.face+.face{border-left:1.2pt dotted #000;border-top:0}
 .face .name{font-size:16pt}.face .value{font-size:24pt}.face .kind{font-size:8pt}
 .foot{font-size:7.5pt}.rolls{font-size:10pt}.rolls td,.rolls th{padding:.5mm 3mm .5mm 0}
}
`;
