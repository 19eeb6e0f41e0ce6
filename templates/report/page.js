"use strict";
document.querySelector("button.theme").addEventListener("click", window.mcugenToggleTheme);

// Tables with the class "sortable": a click sorts by a column, another one turns the order round. Numbers begin with
// the largest. Cells say in data-value what they are sorted by; those without stay last.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = heading.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const numeric = heading.classList.contains("number");
      const before = heading.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : numeric;
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row, order) => ({ row, order, value: row.cells[column].dataset.value }));
      rows.sort((a, b) => {
        const missing = (a.value === undefined) - (b.value === undefined);
        if (missing || a.value === undefined) return missing || a.order - b.order;
        const difference = numeric ? a.value - b.value : a.value.localeCompare(b.value, "en", { numeric: true });
        return (descending ? -difference : difference) || a.order - b.order;
      });
      body.append(...rows.map((entry) => entry.row));
    });
  });
}

// Tables and plots that do not fit say that they scroll.
const mark = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    box.classList.toggle("wider", box.scrollWidth > box.clientWidth + 1);
  }
};
addEventListener("resize", mark);
for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", mark);
mark();

// Nothing may stay hidden on paper.
let unfolded = [];
window.addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const details of unfolded) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});
