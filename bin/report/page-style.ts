/** The page's only style sheet: no font, picture or script comes from anywhere else. */
export const pageStyle = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2129; --dim: #5b6270; --line: #d9dde4; --soft: #f3f5f8;
  --good: #1a7f4b; --good-ink: #fff; --busy: #2563c9; --busy-ink: #fff; --bad: #b42318; --bad-ink: #fff; --none: #e6e9ee; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171c; --ink: #e6e9ee; --dim: #9aa3b2; --line: #323843; --soft: #1d222a;
    --good: #3fb97a; --good-ink: #08130d; --busy: #6fa3f5; --busy-ink: #081020; --bad: #f0766b; --bad-ink: #1c0705; --none: #2a303a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .5rem; } h4 { font-size: .9rem; margin: 1rem 0 .3rem; }
p, ul { margin: .5rem 0; } .dim { color: var(--dim); } code { font: .85em/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
.well { padding: .6rem .8rem; border-left: 4px solid var(--good); background: var(--soft); }
.trouble { padding: .6rem .8rem .6rem 1.6rem; border-left: 4px solid var(--bad); background: var(--soft); }
.calendar { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 1rem; }
.month { margin: 0; } figcaption { color: var(--dim); font-size: .85rem; }
.days { display: grid; grid-template-columns: repeat(7, 1.5rem); gap: 2px; }
.day { display: inline-flex; align-items: center; justify-content: center; width: 1.5rem; height: 1.5rem;
  border-radius: 3px; font-size: .7rem; font-style: normal; background: var(--none); color: var(--dim); }
.day.delivered, .day.empty { background: var(--good); color: var(--good-ink); }
.day.at-work { background: var(--busy); color: var(--busy-ink); }
.day.rejected, .day.failed, .day.missing { background: var(--bad); color: var(--bad-ink); font-weight: bold; }
.legend { color: var(--dim); font-size: .85rem; } .legend span { margin-right: 1rem; white-space: nowrap; }
.legend .day { width: 1rem; height: 1rem; vertical-align: middle; }
.chart svg { width: 100%; height: auto; min-height: 9rem; } .chart text { font-size: 12px; fill: var(--dim); }
.chart .grid { stroke: var(--line); } rect.delivered { fill: var(--good); } rect.rejected { fill: var(--bad); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th, .scroll td { white-space: nowrap; } thead th { background: var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) { .chart text { font-size: 26px; } }
td.failed, td.rejected { color: var(--bad); font-weight: bold; } td.exporting, td.exported, td.loading { color: var(--busy); }
`;
