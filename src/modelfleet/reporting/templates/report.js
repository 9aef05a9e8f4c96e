"use strict";
(() => {
  const data = JSON.parse(document.getElementById("island").textContent);
  const fleet = data.id.length;
  const ROW = 38, SPARE = 8, PRINTED = 500;
  const $ = (id) => document.getElementById(id);
  const body = $("grid-body"), space = $("grid-space"), grid = $("grid");

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
  const percent = (share) => (known(share) ? `${Math.round(100 * share)} %`.replace("-", "−") : "–");
  const change = (share) => (known(share) && Math.round(100 * share) > 0 ? "+" : "") + percent(share);
  const certain = (share) => {
    if (!known(share)) return "–";
    return share > 0.99 ? "> 99 %" : `${Math.floor(100 * share + 1e-9)} %`;
  };
  const figure = (value, unit) => (known(value) ? `${value.toLocaleString("en", { maximumSignificantDigits: 4 })}${unit ? ` ${unit}` : ""}` : "–");

  const COLUMNS = [
    { name: "Sensor", key: "id", text: (i) => visible(data.id[i]) },
    { name: "Cohort", key: "cohort", text: (i) => data.cohort[i] ?? "–", extra: true },
    { name: "Kind", key: "kind", text: (i) => data.kind[i] ?? "–", extra: true },
    { name: "Outcome", key: "outcome", text: (i) => data.outcome[i], tag: true },
    { name: "Gain", key: "gain", text: (i) => change(data.gain[i]), number: true },
    { name: "Likely", key: "probability", text: (i) => certain(data.probability[i]), number: true, extra: true },
    { name: "Weeks", key: "better_weeks", text: (i) => (known(data.weeks[i]) ? `${data.better_weeks[i]} of ${data.weeks[i]}` : "–"), number: true, extra: true },
    { name: "Why", key: "why", text: (i) => data.why[i] ?? "", extra: true, quiet: true },
  ];
  const TITLES = { Gain: "mean share of the baseline's error that is saved", Likely: "probability that the candidate is better than the baseline", Weeks: "judged weeks in which the candidate is better" };
  const haystack = data.id.map((id, i) =>
    [id, data.cohort[i], data.kind[i], data.outcome[i], data.serves[i], data.why[i]].join("\n").toLowerCase());
  const state = { order: [], sort: "id", down: false, outcome: "", open: -1, panel: 0, active: 0 };
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
      if (state.outcome && data.outcome[i] !== state.outcome) continue;
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
    made.append(...COLUMNS.map((column) => cell(column, i)));
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

  const bars = (weekly) => {
    const scale = Math.max(...weekly.map((gain) => Math.abs(gain ?? 0)), 1);
    const picture = drawn("svg", { viewBox: `0 0 ${weekly.length * 20} 64`, preserveAspectRatio: "none", role: "img", "aria-label": `Gain by week in percent: ${weekly.map((g) => g ?? "unknown").join(", ")}` });
    weekly.forEach((gain, week) => {
      if (gain === null) return;
      const height = Math.max((Math.abs(gain) / scale) * 30, 1);
      const bar = drawn("rect", { x: week * 20 + 2, width: 16, y: gain >= 0 ? 32 - height : 32, height, class: gain >= 0 ? "better" : "worse" });
      bar.append(Object.assign(drawn("title", {}), { textContent: `week ${week + 1}: ${change(gain / 100)}` }));
      picture.append(bar);
    });
    picture.append(drawn("path", { class: "level", d: `M0 32H${weekly.length * 20}` }));
    return picture;
  };
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
  const evidence = (i) => {
    const unit = data.unit[i];
    const serves = { none: "nothing", model: "its model", champion: "its champion", baseline: "its baseline" };
    const facts = [
      ["served by", serves[data.serves[i]] ?? data.serves[i]],
      ["baseline", data.baseline[i] ? data.baseline[i].replaceAll("_", " ") : "–"], ["error of the baseline", figure(data.baseline_mae[i], unit)],
      ["recipe", data.recipe[i] ?? "–"], ["error of the candidate", figure(data.mae[i], unit)],
      ["gain", known(data.gain[i]) ? `${change(data.gain[i])} ± ${percent(data.gain_error[i])}` : "–"],
      ["p-value", figure(data.p_value[i])], ["MASE", figure(data.mase[i])], ["mean error", figure(data.mean_error[i], unit)],
      ["hours with a forecast", percent(data.valid_share[i])], ["learned from", known(data.trained_from[i]) ? `${data.trained_from[i]} to ${data.trained_to[i]}` : "–"],
      ["training rows", figure(data.rows[i])], ["hours carried over gaps", figure(data.carried_hours[i])], ["hours excluded", figure(data.excluded_hours[i])],
    ].filter(([, value]) => value !== "–");
    const list = element("dl");
    for (const [name, value] of facts) list.append(element("div", {}, element("dt", { text: name }), element("dd", { text: value })));
    const pictures = element("div", { class: "weeks" });
    if (data.weekly[i]?.length) pictures.append(element("div", {}, element("p", { text: "Gain by judged week, latest on the right" }), bars(data.weekly[i])));
    if (data.coverage[i]) pictures.append(element("div", {}, element("p", { text: "Coverage by week, latest on the right" }), strip(data.coverage[i])));
    const name = element("bdi", { text: visible(data.id[i]) });
    return element("div", { class: "evidence", role: "row" }, element("div", { role: "gridcell" },
      element("p", { class: "why" }, element("strong", {}, name), document.createTextNode(`: ${data.why[i] || "nothing to remark"}`)), list, pictures));
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

  const heads = COLUMNS.map((column) => {
    const button = element("button", { type: "button", text: column.name, title: TITLES[column.name] ?? "" });
    const head = element("span", { role: "columnheader", class: `${column.number ? "number" : ""} ${column.extra ? "extra" : ""}` }, button);
    button.addEventListener("click", () => sort(column));
    return head;
  });
  const sort = (column) => {
    state.down = state.sort === column.key ? !state.down : false;
    state.sort = column.key;
    mark();
    select();
  };
  const mark = () => COLUMNS.forEach((column, place) =>
    heads[place].setAttribute("aria-sort", column.key !== state.sort ? "none" : state.down ? "descending" : "ascending"));
  $("grid-head").append(...heads);

  const outcomes = ["", ...["accepted", "kept", "backup", "quarantined", "failed", "retired"].filter((name) => data.outcome.includes(name))];
  for (const name of outcomes) {
    const count = name ? data.outcome.filter((each) => each === name).length : fleet;
    const chip = element("button", { type: "button", "aria-pressed": name === "" ? "true" : "false", text: `${name || "all"} ${count.toLocaleString("en")}` });
    chip.addEventListener("click", () => {
      state.outcome = name;
      for (const other of $("chips").children) other.setAttribute("aria-pressed", other === chip ? "true" : "false");
      select();
    });
    $("chips").append(chip);
  }
  $("search").addEventListener("input", select);
  document.querySelector(".controls").hidden = false;
  grid.hidden = false;
  mark();
  select();

  const map = $("map");
  map?.addEventListener("mousemove", (event) => {
    const box = map.getBoundingClientRect(), weeks = data.week_ends.length;
    const row = Math.min(Math.floor(((event.clientY - box.top) / box.height) * data.map.length), data.map.length - 1);
    const week = Math.min(Math.floor(((event.clientX - box.left) / box.width) * weeks), weeks - 1);
    const i = data.map[Math.max(row, 0)], letter = data.coverage[i]?.at(week - weeks) ?? ".";
    const tenths = parseInt(letter, 16) * 10;
    const share = letter === "." ? "not yet there" : letter === "a" ? "all readings" : `${tenths} to ${tenths + 10} % of the readings`;
    $("map-note").textContent = `${visible(data.id[i])}, week to ${data.week_ends[Math.max(week, 0)]}: ${share}`;
  });
  map?.addEventListener("mouseleave", () => { $("map-note").textContent = "\u00a0"; });
  // A click on the map leads to the sensor's line in the table.
  map?.addEventListener("click", (event) => {
    const box = map.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * data.map.length);
    const i = data.map[Math.max(0, Math.min(row, data.map.length - 1))];
    $("search").value = "";
    $("chips").firstChild.click();
    toggle(state.order.indexOf(i));
    grid.scrollIntoView({ block: "center" });
  });
})();
