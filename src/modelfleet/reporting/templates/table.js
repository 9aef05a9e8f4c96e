const data = JSON.parse(document.getElementById("island").textContent);
const $ = (id) => document.getElementById(id);

// Everything is written as text, never as markup: names come from outside.
const element = (tag, props = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};
const drawn = (tag, props) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  return made;
};
const known = (value) => value !== null && value !== undefined;
const visible = (name) => name.replace(/[\p{C}]/gu, "\ufffd").replace(/\s+/gu, " ").trim() || "(blank)";
const percent = (share, digits = 0) => (known(share) ? `${(100 * share).toFixed(digits)} %`.replace(/^-(?=0 )/, "").replace("-", "−") : "–");
const figure = (value, unit) => (known(value) ? `${value.toLocaleString("en", { maximumSignificantDigits: 4 })}${unit ? ` ${unit}` : ""}` : "–");

const strip = (coverage) => {
  const picture = drawn("svg", { class: "strip", viewBox: `0 0 ${coverage.length} 10`, preserveAspectRatio: "none", role: "img", "aria-label": "Coverage by week" });
  [...coverage].forEach((letter, week) => {
    if (letter === ".") return;
    const tenths = parseInt(letter, 16);
    picture.append(drawn("rect", { x: week, y: 0, width: 1, height: 10, class: "full" }));
    if (tenths < 10) picture.append(drawn("rect", { x: week, y: 0, width: 1, height: 10, opacity: 1 - tenths / 10 }));
  });
  return picture;
};
// What opens below a line: why, figures as [name, text] pairs, pictures as [title, picture] pairs.
const evidencePanel = (i, why, facts, pictures) => {
  const list = element("dl");
  for (const [name, value] of facts) {
    if (value !== "–") list.append(element("div", {}, element("dt", { text: name }), element("dd", { text: value })));
  }
  const weeks = element("div", { class: "weeks" });
  for (const [title, picture] of pictures) weeks.append(element("div", {}, element("p", { text: title }), picture));
  const name = element("bdi", { text: visible(data.id[i]) });
  return element("div", { class: "evidence", role: "row" }, element("div", { role: "gridcell" },
    element("p", { class: "why" }, element("strong", {}, name), document.createTextNode(`: ${why || "nothing to remark"}`)), list, weeks));
};

// The table of all sensors: only the lines in view are in the page, so that 5,000 are as quick as 50.
// columns: name, key (to sort by), text(i), and title, number, extra, quiet, tag where they apply.
// narrowed: a column of the island that a list narrows the lines to, may be missing;
// chips: column of the island and its values in order; searched: columns that the search looks at.
const sensorTable = ({ columns, sorted, chips, searched, narrowed, evidence }) => {
  const fleet = data.id.length;
  const ROW = 38, SPARE = 8, PRINTED = 500;
  const body = $("grid-body"), space = $("grid-space"), grid = $("grid");
  const haystack = data.id.map((_, i) => searched.map((name) => data[name][i]).join("\n").toLowerCase());
  const state = { order: [], sort: sorted, down: false, chip: "", narrow: null, open: -1, panel: 0, active: 0 };
  const collator = new Intl.Collator("en", { numeric: true });

  const compare = (a, b) => {
    const column = data[state.sort];
    const x = column[a], y = column[b];
    // What is unknown stands last, whichever way the column is sorted.
    if (!known(x) || !known(y)) return known(y) - known(x) || a - b;
    const by = typeof x === "number" ? x - y : collator.compare(x, y);
    return (state.down ? -by : by) || a - b;
  };
  const select = () => {
    const terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const open = state.order[state.open];
    state.order = [];
    for (let i = 0; i < fleet; i += 1) {
      if (state.narrow !== null && (data[narrowed][i] ?? "–") !== state.narrow) continue;
      if (state.chip && data[chips.column][i] !== state.chip) continue;
      if (terms.every((term) => haystack[i].includes(term))) state.order.push(i);
    }
    state.order.sort(compare);
    state.open = open === undefined ? -1 : state.order.indexOf(open);
    state.active = 0;
    $("found").textContent = `${state.order.length.toLocaleString("en")} of ${fleet.toLocaleString("en")} sensors`;
    grid.setAttribute("aria-rowcount", state.order.length + 1);
    body.scrollTop = 0;
    draw();
  };

  const offset = (place) => place * ROW + (state.open >= 0 && place > state.open ? state.panel : 0);
  const cell = (column, i) => {
    const made = element("span", { role: "gridcell", class: `${column.number ? "number" : ""} ${column.extra ? "extra" : ""} ${column.quiet ? "quiet" : ""}` });
    const text = column.text(i);
    if (column.tag) made.append(element("span", { class: `tag ${text}`, text }));
    else made.append(element("bdi", { text }));
    made.title = column.quiet || column.key === "id" ? text : "";
    return made;
  };
  const line = (place) => {
    const i = state.order[place];
    const made = element("div", {
      role: "row", class: "row", "data-place": place, "aria-rowindex": place + 2, style: `top:${offset(place)}px`,
      tabindex: place === state.active ? "0" : "-1", "aria-expanded": place === state.open ? "true" : "false",
    });
    made.append(...columns.map((column) => cell(column, i)));
    return made;
  };
  const inView = () => {
    const top = body.scrollTop, shift = state.open >= 0 ? state.panel : 0;
    return [Math.max(Math.floor((top - shift) / ROW) - SPARE, 0), Math.min(Math.ceil((top + body.clientHeight) / ROW) + SPARE, state.order.length)];
  };
  const draw = (range) => {
    const focused = document.activeElement?.classList.contains("row");
    const [first, last] = range ?? inView();
    const made = [];
    for (let place = first; place < last; place += 1) {
      made.push(line(place));
      if (place === state.open) {
        const panel = evidence(state.order[place]);
        panel.style.top = `${(place + 1) * ROW}px`;
        made.push(panel);
      }
    }
    if (!state.order.length) made.push(element("p", { class: "empty", text: "No sensor matches." }));
    space.replaceChildren(...made);
    const panel = space.querySelector(".evidence");
    if (panel && panel.offsetHeight !== state.panel) {
      state.panel = panel.offsetHeight;
      for (const row of space.querySelectorAll(".row")) row.style.top = `${offset(Number(row.dataset.place))}px`;
    }
    space.style.height = `${Math.max(offset(state.order.length), ROW)}px`;
    // A line that scrolled away and came back keeps the keyboard.
    if (focused) space.querySelector('[tabindex="0"]')?.focus({ preventScroll: true });
    // The keyboard must be able to enter wherever the reader has scrolled to.
    else if (!space.querySelector('[tabindex="0"]')) space.querySelector(".row")?.setAttribute("tabindex", "0");
  };

  const reveal = (place) => {
    const top = offset(place);
    if (top < body.scrollTop) body.scrollTop = top;
    else if (top + ROW > body.scrollTop + body.clientHeight) body.scrollTop = top + ROW - body.clientHeight;
  };
  const go = (place) => {
    state.active = Math.max(0, Math.min(place, state.order.length - 1));
    reveal(state.active);
    draw();
    space.querySelector(`[data-place="${state.active}"]`)?.focus({ preventScroll: true });
  };
  const toggle = (place) => {
    state.open = state.open === place ? -1 : place;
    state.panel = 0;
    go(place);
    if (state.open >= 0 && offset(place) + ROW + state.panel > body.scrollTop + body.clientHeight) {
      body.scrollTop = Math.min(offset(place), offset(place) + ROW + state.panel - body.clientHeight);
    }
  };
  space.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) toggle(Number(row.dataset.place));
  });
  space.addEventListener("focusin", (event) => {
    if (event.target.classList.contains("row")) state.active = Number(event.target.dataset.place);
  });
  space.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("row")) return;
    const page = Math.max(Math.floor(body.clientHeight / ROW) - 1, 1), here = state.active;
    const moves = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: state.order.length - 1 };
    if (event.key in moves) go(moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") toggle(here);
    else if (event.key === "Escape" && state.open >= 0) toggle(state.open);
    else return;
    event.preventDefault();
  });

  let waiting = false;
  body.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }, { passive: true });
  addEventListener("resize", () => draw());
  addEventListener("beforeprint", () => draw([0, Math.min(state.order.length, PRINTED)]));
  addEventListener("afterprint", () => draw());

  const heads = columns.map((column) => {
    const button = element("button", { type: "button", text: column.name, title: column.title ?? "" });
    const head = element("span", { role: "columnheader", class: `${column.number ? "number" : ""} ${column.extra ? "extra" : ""}` }, button);
    button.addEventListener("click", () => sort(column));
    return head;
  });
  const sort = (column) => {
    state.down = state.sort === column.key ? !state.down : Boolean(column.most);
    state.sort = column.key;
    mark();
    select();
  };
  const mark = () => columns.forEach((column, place) =>
    heads[place].setAttribute("aria-sort", column.key !== state.sort ? "none" : state.down ? "descending" : "ascending"));
  $("grid-head").append(...heads);

  for (const name of ["", ...chips.values.filter((value) => data[chips.column].includes(value))]) {
    const count = name ? data[chips.column].filter((each) => each === name).length : fleet;
    const chip = element("button", { type: "button", "aria-pressed": name === "" ? "true" : "false", text: `${name || "all"} ${count.toLocaleString("en")}` });
    chip.addEventListener("click", () => {
      state.chip = name;
      for (const other of $("chips").children) other.setAttribute("aria-pressed", other === chip ? "true" : "false");
      select();
    });
    $("chips").append(chip);
  }
  if (narrowed) {
    const names = [...new Set(data[narrowed].map((name) => name ?? "–"))].sort(collator.compare);
    const list = $("cohort");
    list.append(element("option", { value: "", text: `all ${names.length.toLocaleString("en")}` }));
    names.forEach((name, place) => list.append(element("option", { value: place, text: visible(name) })));
    list.addEventListener("change", () => {
      state.narrow = list.value === "" ? null : names[Number(list.value)];
      select();
    });
    $("cohort-label").hidden = false;
  }
  $("search").addEventListener("input", select);
  document.querySelector(".controls").hidden = false;
  grid.hidden = false;
  mark();
  select();

  // Opens the line of one sensor, whatever was searched for before.
  return (i) => {
    $("search").value = "";
    $("cohort").value = "";
    state.narrow = null;
    $("chips").firstChild.click();
    toggle(state.order.indexOf(i));
    grid.scrollIntoView({ block: "center" });
  };
};
