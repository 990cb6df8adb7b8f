// The shared time axis: one visible stretch, one cursor and one selection for all charts, and the
// lanes of phases, faults, alerts and notifications above them.

const LANE_HEIGHT = 24;

class Lanes {
  constructor(plot, data) {
    this.plot = plot;
    this.data = data;
    this.svg = svg("svg", { class: "chart-svg", "aria-hidden": "true" }, plot);
    this.rows = [{ name: "phases", items: data.phases.map((phase) => ({ ...phase, kind: "phase" })) }];
    for (const band of data.bands) {
      const name = band.kind === "fault" ? "faults" : band.label;
      let row = this.rows.find((one) => one.name === name);
      if (!row) this.rows.push((row = { name, items: [] }));
      row.items.push(band);
    }
    if (data.marks.length) this.rows.push({ name: "notifications", items: [], marks: data.marks });
    this.height = this.rows.length * LANE_HEIGHT + GUTTER.bottom;
  }

  show(view) {
    this.view = view;
    this.width = Math.max(160, this.plot.clientWidth);
    this.svg.setAttribute("viewBox", "0 0 " + this.width + " " + this.height);
    this.svg.replaceChildren();
    this.rows.forEach((row, index) => this.drawRow(row, index * LANE_HEIGHT));
    const bottom = this.height - GUTTER.bottom;
    svg("path", { class: "axis", d: "M" + GUTTER.left + " " + (bottom + 0.5) + "H" + (this.width - GUTTER.right) }, this.svg);
    drawTimeTicks(this, bottom);
    this.overlay = svg("g", { class: "overlay" }, this.svg);
  }

  drawRow(row, y) {
    this.spans = [];
    for (const item of row.items) {
      const from = Math.max(GUTTER.left, this.xOf(item.from));
      const to = Math.min(this.width - GUTTER.right, this.xOf(item.to));
      if (to < from) continue;
      const width = Math.max(2, to - from);
      const box = svg("rect", { class: "lane " + item.kind, x: from, y: y + 3, width, height: LANE_HEIGHT - 6, rx: 2 }, this.svg);
      const words = item.kind === "pending" || item.kind === "firing" ? item.kind : item.label;
      svg("title", {}, box).textContent = item.label + (words === item.kind ? " " + words : "") + ", "
        + momentText(item.from, 1) + " to " + momentText(item.to, 1);
      if (row.name === item.label) this.spans.push([from, from + width]);
      else this.write(words, [from, from + width], y, item.kind);
    }
    for (const mark of row.marks || []) {
      if (mark.at < this.view.from || mark.at > this.view.to) continue;
      const x = this.xOf(mark.at).toFixed(1);
      const shape = mark.status === "firing" ? "M0 -6L6 5H-6Z" : "M-5 0L-1.5 4L5 -4";
      const node = svg("path", { class: "page " + mark.status, d: shape, transform: "translate(" + x + " " + (y + LANE_HEIGHT / 2) + ")" }, this.svg);
      svg("title", {}, node).textContent = mark.label + ": " + mark.status + ", " + momentText(mark.at, 1);
      this.spans.push([Number(x) - 7, Number(x) + 7]);
    }
    if (this.spans.length) {
      const around = [Math.min(...this.spans.map(([low]) => low)), Math.max(...this.spans.map(([, high]) => high))];
      this.write(row.name, around, y, "beside");
    }
  }

  // Write words into their box if they fit, otherwise right of it, otherwise left of it.
  write(words, [from, to], y, kind) {
    const text = label(words, { class: "lane-text " + kind, x: from + 6, y: y + LANE_HEIGHT / 2 + 4 }, this.svg);
    const needed = text.getComputedTextLength() + 10;
    if (kind !== "beside" && needed <= to - from) return;
    if (kind === "phase") text.remove();
    else if (to + needed <= this.width) text.setAttribute("x", to + 6);
    else {
      text.setAttribute("x", Math.max(needed, from - 6));
      text.setAttribute("text-anchor", "end");
    }
  }

  xOf(t) {
    return Chart.prototype.xOf.call(this, t);
  }

  tOf(pixel) {
    return Chart.prototype.tOf.call(this, pixel);
  }

  point(t, selection) {
    this.overlay.replaceChildren();
    const bottom = this.height - GUTTER.bottom;
    if (selection) {
      const from = this.xOf(Math.min(...selection));
      svg("rect", { class: "selection", x: from, y: 0, width: this.xOf(Math.max(...selection)) - from, height: bottom }, this.overlay);
    }
    if (t === null || t < this.view.from || t > this.view.to) return;
    svg("path", { class: "cursor", d: "M" + this.xOf(t).toFixed(1) + " 0V" + bottom }, this.overlay);
  }
}

class Timeline {
  constructor(data, panels, readout, reset) {
    this.full = { from: data.start, to: data.end };
    this.view = this.full;
    this.panels = panels;
    this.readout = readout;
    this.resetButton = reset;
    this.cursor = null;
    this.selection = null;
    this.smallest = Math.min(1, (data.end - data.start) / 4);
    reset.addEventListener("click", () => this.reset());
    for (const panel of panels) this.listen(panel);
    new ResizeObserver(() => this.draw()).observe(panels[0].plot);
    this.draw();
  }

  listen(panel) {
    const plot = panel.plot;
    const timeOf = (event) => panel.tOf(event.clientX - plot.getBoundingClientRect().left);
    let pressed = null;
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pressed = { x: event.clientX, t: timeOf(event) };
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      const t = timeOf(event);
      const dragged = pressed && Math.abs(event.clientX - pressed.x) > 4;
      this.selection = dragged ? [pressed.t, t] : null;
      this.point(t);
    });
    plot.addEventListener("pointerup", (event) => {
      const chosen = this.selection;
      pressed = null;
      this.selection = null;
      this.point(timeOf(event));
      if (chosen) this.zoom(Math.min(...chosen), Math.max(...chosen));
    });
    plot.addEventListener("pointercancel", () => {
      pressed = null;
      this.selection = null;
      this.point(null);
    });
    plot.addEventListener("pointerleave", () => {
      if (!pressed && document.activeElement !== plot) this.point(null);
    });
    plot.addEventListener("dblclick", () => this.reset());
    if (plot.tabIndex >= 0) {
      plot.addEventListener("keydown", (event) => this.key(event, panel));
      plot.addEventListener("focus", () => this.speak(panel));
    }
  }

  key(event, panel) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const span = this.view.to - this.view.from;
    const step = (span / 200) * (event.shiftKey ? 10 : 1);
    const from = this.cursor === null ? (this.view.from + this.view.to) / 2 : this.cursor;
    const moves = {
      ArrowRight: from + step, ArrowUp: from + step, ArrowLeft: from - step, ArrowDown: from - step,
      PageUp: from + span / 10, PageDown: from - span / 10, Home: this.view.from, End: this.view.to,
    };
    if (event.key in moves) this.walk(moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoomAbout(from, 0.5);
    else if (event.key === "-" || event.key === "_") this.zoomAbout(from, 2);
    else if (event.key === "0" || event.key === "Escape") this.reset();
    else return;
    event.preventDefault();
    this.speak(panel);
  }

  // Move the cursor; at the edge of a zoomed view the view moves along.
  walk(t) {
    const goal = Math.min(this.full.to, Math.max(this.full.from, t));
    const shift = Math.min(0, goal - this.view.from) + Math.max(0, goal - this.view.to);
    if (shift) this.view = { from: this.view.from + shift, to: this.view.to + shift };
    this.cursor = goal;
    if (shift) this.draw();
    else this.point(goal);
  }

  speak(panel) {
    const t = this.cursor === null ? this.view.from : this.cursor;
    panel.plot.setAttribute("aria-valuenow", String(Math.round(t * 10) / 10));
    if (panel.spoken) panel.plot.setAttribute("aria-valuetext", panel.spoken(t));
  }

  zoomAbout(t, factor) {
    const low = t - (t - this.view.from) * factor;
    this.zoom(low, low + (this.view.to - this.view.from) * factor);
  }

  zoom(low, high) {
    const span = Math.max(this.smallest, high - low);
    const middle = (low + high) / 2;
    const from = Math.max(this.full.from, middle - span / 2);
    this.view = { from, to: Math.min(this.full.to, Math.max(middle + span / 2, from + this.smallest)) };
    this.draw();
  }

  reset() {
    this.view = this.full;
    this.draw();
  }

  lookAt(t) {
    this.cursor = t;
    this.zoom(t - 30, t + 90);
  }

  point(t) {
    this.cursor = t;
    for (const panel of this.panels) panel.point(t, this.selection);
    this.readout.textContent = t === null ? this.stretch() : momentText(t, 1);
  }

  stretch() {
    return momentText(this.view.from, 0) + " to " + momentText(this.view.to, 0);
  }

  draw() {
    const isZoomed = this.view.from > this.full.from || this.view.to < this.full.to;
    this.resetButton.disabled = !isZoomed;
    document.documentElement.dataset.zoom = this.view.from + " " + this.view.to;
    for (const panel of this.panels) panel.show(this.view);
    this.point(this.cursor);
  }
}

function startTimeline() {
  const source = document.getElementById("timeline-data");
  if (!source) return null;
  const data = JSON.parse(source.textContent);
  const panels = [new Lanes(document.querySelector("#lanes .plot"), data)];
  for (const chart of data.charts) {
    const root = document.getElementById("chart-" + chart.key);
    if (root && root.querySelector(".plot")) panels.push(new Chart(root, chart, data.bands));
  }
  return new Timeline(data, panels, document.getElementById("readout"), document.getElementById("reset"));
}
