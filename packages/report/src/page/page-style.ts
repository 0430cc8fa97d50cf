/** The look of the report page: one dark sheet that reads on a phone, a laptop and a wall. */
export const PAGE_STYLE = `
:root { color-scheme: dark; --sky: #070b16; --deep: #0c1222; --panel: #111930; --line: #22304f; --ink: #e8edf8;
  --soft: #aeb9d0; --accent: #7db4ff; --good: #62d2a2; --bad: #ff8b7b; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--sky); color: var(--ink); font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", sans-serif; }
header { position: relative; min-height: 74vh; display: flex; align-items: flex-end; overflow: hidden; border-bottom: 1px solid var(--line); }
header img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; object-position: 50% 40%; }
header::after { content: ""; position: absolute; inset: 0;
  background: linear-gradient(to top, rgba(7,11,22,.92) 0%, rgba(7,11,22,.45) 40%, rgba(7,11,22,0) 75%); }
header .words { position: relative; z-index: 1; padding: 3rem clamp(1.2rem, 5vw, 5rem); max-width: 62rem; }
header.plain { min-height: 0; background: radial-gradient(ellipse at 30% 0%, #16233f, var(--sky)); }
.mark { letter-spacing: .28em; text-transform: uppercase; font-size: .75rem; color: var(--accent); }
h1 { font-size: clamp(2rem, 4.6vw, 3.6rem); line-height: 1.1; margin: .4rem 0 .8rem; font-weight: 650; }
h2 { font-size: 1.6rem; margin: 0 0 .3rem; font-weight: 600; }
h3 { font-size: 1rem; margin: 0 0 .6rem; font-weight: 600; }
p { margin: 0 0 .8rem; color: var(--soft); max-width: 70ch; }
main { padding: 0 clamp(1.2rem, 5vw, 5rem) 4rem; max-width: 90rem; margin: 0 auto; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1px; background: var(--line);
  border: 1px solid var(--line); border-radius: 14px; overflow: hidden; margin: 2rem 0; }
.facts div { background: var(--deep); padding: 1.1rem 1.2rem; }
.facts b { display: block; font-size: 1.7rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.facts span { color: var(--soft); font-size: .86rem; }
section { margin: 3.2rem 0 0; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1.2rem; margin-top: 1.2rem; }
.panels figure:not(.wide):last-child:nth-child(odd of :not(.wide)) { grid-column: 1 / -1; }
.panels figure:not(.wide):last-child:nth-child(odd of :not(.wide)) svg { max-height: 26rem; }
figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 14px; padding: 1.1rem; overflow: hidden; }
figure.wide { grid-column: 1 / -1; }
figure svg { display: block; width: 100%; height: auto; max-height: 44rem; }
figure.sheet img { background: #f6f8fc; border-radius: 8px; padding: .8rem; max-height: 56rem; object-fit: contain; }
figure img { display: block; width: 100%; height: auto; border-radius: 8px; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .8rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; align-items: center; }
.pair span { display: block; color: var(--soft); font-size: .82rem; margin-top: .3rem; }
.scroll { overflow-x: auto; font-size: .86rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .55rem .8rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; font-size: .86rem; }
td.pass { color: var(--good); } td.short { color: var(--bad); }
ul.notes { color: var(--soft); padding-left: 1.2rem; }
footer { border-top: 1px solid var(--line); margin-top: 4rem; padding: 1.4rem 0; color: var(--soft); font-size: .84rem; }
@media (max-width: 40rem) { .pair { grid-template-columns: 1fr; } }
@media print { body { background: #fff; color: #000; } header { min-height: 30vh; } }
`;
