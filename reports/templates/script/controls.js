// Controls outside the charts: links to a moment, sorting of tables, copying of the replay line.

function sortKey(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.value === undefined) return cell.textContent.trim();
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}

function compareKeys(a, b) {
  if (a === null || b === null) return 0;
  return typeof a === "number" ? a - b : a.localeCompare(b, "en");
}

// Rows without a value stay at the end in both directions.
function sortTable(table, column, isDescending) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).map((row) => [sortKey(row, column), row]);
  rows.sort(([a], [b]) => (a === null) - (b === null) || (isDescending ? -1 : 1) * compareKeys(a, b));
  body.append(...rows.map(([, row]) => row));
}

function makeSortable(table) {
  const headings = Array.from(table.tHead.rows[0].cells);
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const isNumeric = heading.classList.contains("number");
      const current = heading.getAttribute("aria-sort");
      const isDescending = current ? current === "ascending" : isNumeric;
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      sortTable(table, column, isDescending);
    });
  });
}

function selectText(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

function makeCopying(button) {
  const source = document.getElementById(button.dataset.copies);
  const said = document.getElementById("copy-status");
  button.addEventListener("click", () => {
    const done = () => { said.textContent = "Copied"; };
    const refused = () => {
      selectText(source);
      said.textContent = "Selected: press Ctrl+C";
    };
    if (navigator.clipboard) navigator.clipboard.writeText(source.textContent).then(done, refused);
    else refused();
  });
}

function start() {
  document.documentElement.classList.add("has-script");
  const timeline = startTimeline();
  document.querySelectorAll("table.sortable").forEach(makeSortable);
  document.querySelectorAll("button[data-copies]").forEach(makeCopying);
  document.querySelectorAll("a[data-moment]").forEach((link) => {
    link.addEventListener("click", () => {
      if (timeline) timeline.lookAt(Number(link.dataset.moment));
    });
  });
  window.addEventListener("beforeprint", () => {
    if (timeline) timeline.draw();
  });
}

start();
