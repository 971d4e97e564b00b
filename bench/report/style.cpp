// The page's CSS. Text has at least 4.5:1 against its background, colours of series 3:1; these
// are chosen to differ by 26 or more in CIELAB from each other, also as seen with protanopia,
// deuteranopia and tritanopia (Machado 2009).
#include "bench/report/page.hpp"

namespace roost::bench {

std::string_view page_style() noexcept {
  return R"(
:root { --bg:#fff; --panel:#f6f7f9; --edge:#d9dde3; --text:#1b2027; --soft:#566070; --grid:#e3e6eb;
  --warn:#9a3412; --k0:#0d65f8; --k1:#89270b; --k2:#08a25d; --k3:#6d399b; --k4:#340b18; --k5:#ab8916;
  --k6:#868f97; --k7:#154e5f; }
@media (prefers-color-scheme: dark) {
  :root { --bg:#14171c; --panel:#1c2027; --edge:#353c47; --text:#e8ebf0; --soft:#a3adba; --grid:#2a303a;
    --warn:#ffab7a; --k0:#5cafee; --k1:#e58440; --k2:#20fda4; --k3:#a835e6; --k4:#e60a59; --k5:#f6cc12;
    --k6:#9ba3aa; --k7:#d2fdff; } }
@media print { :root { --bg:#fff; --panel:#fff; --edge:#bbb; --text:#000; --soft:#444; --grid:#ddd;
    --warn:#8a2a08; --k0:#0d65f8; --k1:#89270b; --k2:#08a25d; --k3:#6d399b; --k4:#340b18; --k5:#ab8916;
    --k6:#868f97; --k7:#154e5f; } }
* { box-sizing:border-box; }
body { margin:0 auto; padding:2rem clamp(1rem,3vw,2.5rem) 4rem; max-width:88rem; background:var(--bg);
  color:var(--text); font:16px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif; }
h1 { font-size:1.9rem; line-height:1.2; margin:0; letter-spacing:-.01em; }
h2 { font-size:1.3rem; margin:2.8rem 0 .8rem; padding-top:1.2rem; border-top:1px solid var(--edge); }
h3 { font-size:1rem; margin:0 0 .5rem; }
p { max-width:75ch; } .lead { color:var(--soft); margin:.3rem 0 1.2rem; }
.cards { list-style:none; margin:0; padding:0; display:grid; gap:.9rem;
  grid-template-columns:repeat(auto-fill,minmax(15rem,1fr)); }
.cards li { background:var(--panel); border:1px solid var(--edge); border-radius:10px; padding:.9rem 1.1rem; }
.cards b { display:block; font-size:2.1rem; line-height:1.15; font-weight:650; color:var(--k0);
  font-variant-numeric:tabular-nums; }
.cards i { font-style:normal; font-size:.95rem; font-weight:500; margin-left:.3rem; color:var(--soft); }
.cards span { display:block; font-size:.92rem; } .cards span:last-child { color:var(--soft); }
.missed { border:2px solid var(--warn); border-radius:10px; padding:.2rem 1.2rem; margin-top:1.5rem; }
.missed h2 { border:0; padding:0; margin:.8rem 0 0; color:var(--warn); }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-size:.92rem; font-variant-numeric:tabular-nums; }
th,td { padding:.38rem .7rem; text-align:right; vertical-align:top; border-bottom:1px solid var(--grid); }
th:first-child { text-align:left; white-space:nowrap; } th svg { vertical-align:-.1em; margin-right:.5rem; }
thead th { vertical-align:bottom; font-weight:600; color:var(--soft); font-size:.83rem; line-height:1.25;
  border-bottom:2px solid var(--edge); }
tbody th { font-weight:450; } .ours th,.ours td { font-weight:650; } .none { color:var(--soft); }
tr.part th { padding-top:1.1rem; font-weight:600; color:var(--text); background:none; }
tr.more td { text-align:left; color:var(--soft); font-size:.83rem; }
.unit,.range { display:block; font-weight:400; font-size:.8rem; color:var(--soft); white-space:nowrap; }
.tag { font-size:.75rem; font-weight:500; border:1px solid var(--edge); border-radius:99px;
  padding:.05rem .5rem; color:var(--soft); } .tag.warn { color:var(--warn); border-color:var(--warn); }
details { margin:.8rem 0; font-size:.92rem; } summary { cursor:pointer; font-weight:600; }
.plots { display:grid; gap:1.1rem; margin-top:1.2rem;
  grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr)); }
figure { margin:0; padding:1rem 1.1rem; background:var(--panel); border:1px solid var(--edge);
  border-radius:10px; break-inside:avoid; }
figure > svg { display:block; width:100%; height:auto; }
figcaption { color:var(--soft); font-size:.83rem; margin-top:.4rem; }
.legend { list-style:none; display:flex; flex-wrap:wrap; gap:.15rem 1.2rem; margin:.3rem 0 0; padding:0;
  font-size:.87rem; } .legend svg { vertical-align:-.12em; margin-right:.4rem; }
.legend span { color:var(--soft); }
pre { white-space:pre-wrap; overflow-wrap:anywhere; background:var(--panel); border:1px solid var(--edge);
  border-radius:8px; padding:.7rem .9rem; font-size:.87rem; }
dl { display:grid; grid-template-columns:max-content 1fr; gap:.2rem 1rem; font-size:.92rem; }
dt { color:var(--soft); } dd { margin:0; overflow-wrap:anywhere; }
.source { margin:1rem 0 1.6rem; }
svg text { font-size:12.5px; fill:var(--text); } svg .tick,svg .axis-title { fill:var(--soft); }
svg .middle { text-anchor:middle; } svg .end { text-anchor:end; }
svg .grid { stroke:var(--grid); } svg .axis { stroke:var(--soft); }
svg .reference { stroke:var(--text); stroke-width:1.3; stroke-dasharray:2 3; }
svg .reference-label { font-style:italic; paint-order:stroke; stroke:var(--panel); stroke-width:4px;
  stroke-linejoin:round; }
svg .leader { stroke:var(--edge); }
svg .line { fill:none; stroke-width:2.2; stroke-linejoin:round; }
svg .faint { stroke-width:1; } svg .whisker { stroke-width:1.6; stroke-dasharray:none; }
svg .fill { stroke:var(--panel); stroke-width:1; }
.line.c0{stroke:var(--k0)} .line.c1{stroke:var(--k1)} .line.c2{stroke:var(--k2)} .line.c3{stroke:var(--k3)}
.line.c4{stroke:var(--k4)} .line.c5{stroke:var(--k5)} .line.c6{stroke:var(--k6)} .line.c7{stroke:var(--k7)}
.fill.c0{fill:var(--k0)} .fill.c1{fill:var(--k1)} .fill.c2{fill:var(--k2)} .fill.c3{fill:var(--k3)}
.fill.c4{fill:var(--k4)} .fill.c5{fill:var(--k5)} .fill.c6{fill:var(--k6)} .fill.c7{fill:var(--k7)}
.d1{stroke-dasharray:8 4} .d2{stroke-dasharray:2 3} .d3{stroke-dasharray:9 3 2 3}
@media print { body { padding:0; max-width:none; font-size:11pt; } .scroll { overflow:visible; }
  h2 { break-after:avoid; } .plots { grid-template-columns:1fr 1fr; } }
)";
}

}  // namespace roost::bench
