// One line chart: an SVG drawn for the visible stretch of the shared time axis. It knows nothing
// of pointers or keys; timeline.js tells it the stretch, the cursor and the selection.

const SVG = "http://www.w3.org/2000/svg";
const GUTTER = { left: 58, right: 14, top: 10, bottom: 24 };
const MARKERS = [
  "M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0Z", "M-3.6 -3.6H3.6V3.6H-3.6Z", "M0 -5L5 0L0 5L-5 0Z",
  "M0 -5L4.7 3.6H-4.7Z", "M0 5L4.7 -3.6H-4.7Z",
];

function svg(tag, attributes, parent) {
  const node = document.createElementNS(SVG, tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  if (parent) parent.appendChild(node);
  return node;
}

function label(text, attributes, parent) {
  const node = svg("text", attributes, parent);
  node.textContent = text;
  return node;
}

// Index of the last x that is not after t; -1 when all are.
function lastAtOrBefore(x, t) {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function nearestIndex(x, t) {
  const before = lastAtOrBefore(x, t);
  if (before < 0) return 0;
  if (before + 1 < x.length && x[before + 1] - t < t - x[before]) return before + 1;
  return before;
}

class Chart {
  constructor(root, data, bands) {
    this.root = root;
    this.plot = root.querySelector(".plot");
    this.unit = data.unit;
    this.key = data.key;
    this.bands = bands;
    this.height = Number(this.plot.dataset.height);
    let x = [];
    this.curves = data.curves.map((curve, index) => {
      x = curve.x || x;
      return { name: curve.name, index, x, y: curve.y, shown: true };
    });
    this.svg = svg("svg", { class: "chart-svg", "aria-hidden": "true" }, this.plot);
    this.buildLegend();
  }

  buildLegend() {
    const legend = this.root.querySelector(".legend");
    for (const curve of this.curves) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "key";
      button.setAttribute("aria-pressed", "true");
      button.title = "Show or hide " + curve.name;
      const swatch = svg("svg", { width: 26, height: 12, viewBox: "0 0 26 12", "aria-hidden": "true" }, button);
      svg("path", { d: "M1 6H25", class: "line k" + curve.index }, swatch);
      svg("path", { d: MARKERS[curve.index % MARKERS.length], transform: "translate(13 6) scale(.85)", class: "marker k" + curve.index }, swatch);
      const name = document.createElement("span");
      name.textContent = curve.name;
      curve.output = document.createElement("span");
      curve.output.className = "value";
      button.append(name, curve.output);
      button.addEventListener("click", () => {
        curve.shown = !curve.shown;
        button.setAttribute("aria-pressed", String(curve.shown));
        this.redraw();
      });
      legend.appendChild(button);
    }
  }

  show(view) {
    this.view = view;
    this.redraw();
  }

  redraw() {
    const width = Math.max(160, this.plot.clientWidth);
    this.width = width;
    this.svg.setAttribute("viewBox", "0 0 " + width + " " + this.height);
    this.svg.replaceChildren();
    const peak = Math.max(0, ...this.curves.filter((curve) => curve.shown).map((curve) => this.maximum(curve) || 0));
    this.step = niceStep(peak || 1, 4);
    if (this.unit === "") this.step = Math.max(1, this.step);
    this.top = Math.max(this.step, Math.ceil(peak / this.step - 1e-9) * this.step);
    this.drawBands();
    this.drawAxes();
    this.drawCurves();
    this.overlay = svg("g", { class: "overlay" }, this.svg);
    this.legend(null);
  }

  xOf(t) {
    const inner = this.width - GUTTER.left - GUTTER.right;
    return GUTTER.left + ((t - this.view.from) / (this.view.to - this.view.from)) * inner;
  }

  tOf(pixel) {
    const inner = this.width - GUTTER.left - GUTTER.right;
    const share = Math.min(1, Math.max(0, (pixel - GUTTER.left) / inner));
    return this.view.from + share * (this.view.to - this.view.from);
  }

  yOf(value) {
    const inner = this.height - GUTTER.top - GUTTER.bottom;
    return GUTTER.top + (1 - value / this.top) * inner;
  }

  // Points of a curve to draw: the visible ones and one neighbour on each side.
  range(curve) {
    const first = Math.max(0, lastAtOrBefore(curve.x, this.view.from));
    const last = Math.min(curve.x.length - 1, lastAtOrBefore(curve.x, this.view.to) + 1);
    return [first, last];
  }

  // Highest visible value of a curve; null when it has none.
  maximum(curve) {
    let peak = null;
    const [first, last] = this.range(curve);
    for (let i = first; i <= last; i += 1) {
      const inside = curve.x[i] >= this.view.from && curve.x[i] <= this.view.to;
      if (inside && curve.y[i] !== null && (peak === null || curve.y[i] > peak)) peak = curve.y[i];
    }
    return peak;
  }

  drawBands() {
    const bottom = this.height - GUTTER.bottom;
    for (const band of this.bands) {
      const from = Math.max(GUTTER.left, this.xOf(band.from));
      const to = Math.min(this.width - GUTTER.right, this.xOf(band.to));
      if (to <= from) continue;
      const isFault = band.kind === "fault";
      const y = isFault ? GUTTER.top : bottom - 5;
      svg("rect", { class: "band " + band.kind, x: from, y, width: to - from, height: bottom - y }, this.svg);
      if (!isFault) continue;
      for (const [edge, t] of [[from, band.from], [to, band.to]]) {
        if (t >= this.view.from && t <= this.view.to) {
          svg("path", { class: "band-edge", d: "M" + edge + " " + GUTTER.top + "V" + bottom }, this.svg);
        }
      }
    }
  }

  drawAxes() {
    const right = this.width - GUTTER.right;
    const bottom = this.height - GUTTER.bottom;
    for (const value of multiples(0, this.top, this.step)) {
      const y = Math.round(this.yOf(value)) + 0.5;
      svg("path", { class: value ? "grid" : "axis", d: "M" + GUTTER.left + " " + y + "H" + right }, this.svg);
      label(valueText(value, this.unit), { class: "tick", x: GUTTER.left - 8, y: y + 4, "text-anchor": "end" }, this.svg);
    }
    drawTimeTicks(this, bottom);
  }

  drawCurves() {
    const clip = "clip-" + this.key;
    const box = { x: GUTTER.left, y: 0, width: this.width - GUTTER.left - GUTTER.right, height: this.height };
    svg("rect", box, svg("clipPath", { id: clip }, svg("defs", {}, this.svg)));
    const group = svg("g", { "clip-path": "url(#" + clip + ")" }, this.svg);
    for (const curve of this.curves.slice().reverse()) {
      if (curve.shown) svg("path", { class: "line k" + curve.index, d: this.path(curve) }, group);
    }
  }

  path(curve) {
    const [first, last] = this.range(curve);
    const parts = [];
    let open = false;
    for (let i = first; i <= last; i += 1) {
      if (curve.y[i] === null) {
        open = false;
        continue;
      }
      const x = this.xOf(curve.x[i]).toFixed(1);
      const y = this.yOf(curve.y[i]).toFixed(1);
      const alone = !open && (i === last || curve.y[i + 1] === null);
      parts.push((open ? "L" : "M") + x + " " + y + (alone ? "h0" : ""));
      open = true;
    }
    return parts.join("");
  }

  // Values at t as [curve, index]; a curve without a point near t has none.
  at(t) {
    const found = [];
    for (const curve of this.curves) {
      if (!curve.shown || !curve.x.length) continue;
      const i = nearestIndex(curve.x, t);
      const gap = curve.x.length > 1 ? (curve.x[curve.x.length - 1] - curve.x[0]) / (curve.x.length - 1) : 1;
      const near = Math.abs(curve.x[i] - t) <= 2 * gap + 1e-9;
      if (near) found.push([curve, i]);
    }
    return found;
  }

  point(t, selection) {
    this.overlay.replaceChildren();
    const bottom = this.height - GUTTER.bottom;
    if (selection) {
      const from = this.xOf(Math.min(...selection));
      const to = this.xOf(Math.max(...selection));
      svg("rect", { class: "selection", x: from, y: GUTTER.top, width: to - from, height: bottom - GUTTER.top }, this.overlay);
    }
    if (t !== null && t >= this.view.from && t <= this.view.to) {
      const x = this.xOf(t).toFixed(1);
      svg("path", { class: "cursor", d: "M" + x + " " + GUTTER.top + "V" + bottom }, this.overlay);
      for (const [curve, i] of this.at(t)) {
        if (curve.y[i] === null) continue;
        const place = "translate(" + this.xOf(curve.x[i]).toFixed(1) + " " + this.yOf(curve.y[i]).toFixed(1) + ")";
        svg("path", { class: "marker k" + curve.index, d: MARKERS[curve.index % MARKERS.length], transform: place }, this.overlay);
      }
    }
    this.legend(t);
  }

  // Values at the cursor; without one, the highest of what is visible.
  legend(t) {
    const values = new Map(t === null ? [] : this.at(t).map(([curve, i]) => [curve, curve.y[i]]));
    for (const curve of this.curves) {
      const known = values.has(curve) ? values.get(curve) : null;
      curve.output.classList.toggle("idle", t === null);
      curve.output.textContent = t === null
        ? "max " + valueText(this.maximum(curve), this.unit) : valueText(known, this.unit);
    }
  }

  spoken(t) {
    const parts = this.at(t).map(([curve, i]) => curve.name + " " + valueText(curve.y[i], this.unit));
    return momentText(t, 1) + ": " + (parts.join(", ") || "no value");
  }
}

function drawTimeTicks(chart, bottom) {
  const inner = chart.width - GUTTER.left - GUTTER.right;
  const step = niceSeconds(chart.view.to - chart.view.from, Math.max(2, inner / 84));
  for (const t of multiples(chart.view.from, chart.view.to, step)) {
    const x = Math.round(chart.xOf(t)) + 0.5;
    svg("path", { class: "axis", d: "M" + x + " " + bottom + "v4" }, chart.svg);
    const edge = x > chart.width - GUTTER.right - 14 ? "end" : "middle";
    label(tickText(t, step), { class: "tick", x: edge === "end" ? chart.width - 2 : x, y: bottom + 17, "text-anchor": edge }, chart.svg);
  }
}
