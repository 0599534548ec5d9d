/** Style sheet of `/status`, with light and dark colours and a layout for phones. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f5f1; --sheet: #fff; --edge: #e4e1d9; --ink: #22262a; --soft: #666c72;
  --accepted: #2f8f83; --refused: #c95f3c; --strong: #4a6fa5; --pale: #c3d1e6;
  --good: #1f6f65; --good-ground: #dff0ec; --bad: #a23b1c; --bad-ground: #fbe7df;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --sheet: #1c2024; --edge: #2d3338; --ink: #e4e6e8; --soft: #9aa2aa;
    --accepted: #4db3a4; --refused: #e5855f; --strong: #7ea3d8; --pale: #34465f;
    --good: #7fd1c3; --good-ground: #17332f; --bad: #f3a283; --bad-ground: #3a2119;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.75rem 1.25rem 3rem; max-width: 68rem;
  background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, p, dl, dd { margin: 0; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem .9rem; margin-bottom: 1.25rem; }
h1 { font-size: 1.5rem; letter-spacing: -.02em; }
header .aside { margin-left: auto; }
.aside { color: var(--soft); font-size: .8125rem; }
.state { border-radius: 1rem; padding: .1rem .75rem; font-size: .8125rem; font-weight: 600; }
.state.good { background: var(--good-ground); color: var(--good); }
.state.bad, .wrong { background: var(--bad-ground); color: var(--bad); }
.bad { color: var(--bad); }
.wrong { margin: 0 0 1rem; padding: .75rem 1rem; border-radius: .625rem; list-style: none; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
section { min-width: 0; background: var(--sheet); border: 1px solid var(--edge); border-radius: .625rem; padding: 1rem 1.15rem 1.1rem; }
.wide, .figures { grid-column: 1 / -1; }
section > h2 { font-size: .9375rem; font-weight: 600; margin-bottom: .5rem; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; padding: 0; background: none; border: 0; }
.figures > div { background: var(--sheet); border: 1px solid var(--edge); border-radius: .625rem; padding: .85rem 1.15rem; }
.figures h2 { font-size: .8125rem; font-weight: 500; color: var(--soft); }
.value { font-size: 1.75rem; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; }
.half { display: grid; grid-template-columns: 1fr auto; align-items: baseline; }
.legend { display: flex; gap: .9rem; font-size: .75rem; color: var(--soft); }
.legend span::before { content: ""; display: inline-block; width: .65rem; height: .65rem; margin-right: .35rem; border-radius: .15rem; background: currentColor; }
.legend .accepted::before { background: var(--accepted); }
.legend .refused::before { background: var(--refused); }
.legend .half-of::before { background: var(--strong); }
.legend .slowest::before { background: var(--pale); }
.chart { grid-column: 1 / -1; display: grid; grid-template: 9.5rem auto / auto 1fr; gap: .35rem .5rem; padding-top: .5rem; }
.chart svg { width: 100%; height: 100%; overflow: visible; }
.chart line { stroke: var(--edge); vector-effect: non-scaling-stroke; }
.chart .grip { fill: transparent; }
.chart g:hover .grip { fill: var(--edge); }
.chart .accepted { fill: var(--accepted); }
.chart .refused { fill: var(--refused); }
.chart .half-of { fill: var(--strong); }
.chart .slowest { fill: var(--pale); }
.scale, .times { display: flex; justify-content: space-between; font-size: .6875rem; color: var(--soft); }
.scale { flex-direction: column; text-align: right; margin: -.5rem 0; }
.times { grid-column: 2; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--edge); overflow-wrap: anywhere; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: .75rem; font-weight: 500; color: var(--soft); padding-top: 0; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.reasons .aside { margin-left: .5rem; font-weight: 400; }
.reasons td.number:nth-child(2) { width: 12rem; }
.reasons td.number:nth-child(3) { width: 8rem; }
.bar { display: inline-block; width: 7rem; height: .5rem; margin-left: .75rem; border-radius: .15rem; background: var(--ground); }
.bar rect { fill: var(--refused); }
.mints { border-radius: 1rem; padding: .05rem .55rem; background: var(--good-ground); color: var(--good); font-weight: 600; font-size: .8125rem; }
.off { color: var(--soft); }
td time { white-space: nowrap; }
details { font-size: .875rem; }
summary { cursor: pointer; font-weight: 600; }
.scroll { overflow-x: auto; margin-top: .75rem; }
section:has(> details:only-child) { padding-block: .65rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .85rem 1.5rem; }
dt { font-size: .75rem; color: var(--soft); }
dd { font-size: .875rem; overflow-wrap: anywhere; }
@media (max-width: 44rem) {
  body { padding: 1rem .75rem 2rem; }
  header .aside { margin-left: 0; flex-basis: 100%; }
  main { grid-template-columns: minmax(0, 1fr); gap: .75rem; }
  .figures { grid-template-columns: 1fr 1fr; gap: .75rem; }
  .figures > div, section { padding-inline: .9rem; }
  .value { font-size: 1.4rem; }
  .half { grid-template-columns: 1fr; }
  .chart { grid-template-rows: 8rem auto; }
  .times span:nth-child(even) { display: none; }
  .reasons .aside { display: block; margin: 0; }
  .reasons td.number:nth-child(2), .reasons td.number:nth-child(3) { width: auto; }
  .bar { display: none; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; padding: .55rem 0; border-bottom: 1px solid var(--edge); }
  .stack tr:last-child { border-bottom: 0; }
  .stack td { border: 0; padding: 0; }
  .stack td:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .stack td::before { content: attr(data-name) " "; color: var(--soft); font-size: .75rem; }
}
`;
