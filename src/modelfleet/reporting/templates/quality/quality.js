const hours = (value) => (known(value) ? (value < 96 ? `${figure(value)} h` : `${Math.round(value / 24).toLocaleString("en")} days`) : "–");
const used = (share) => (known(share) ? (share >= 10 ? "> 999 %" : percent(share)) : "–");
// A few never seem to be none, and almost all never all.
const small = (share) => (share > 0 && share < 0.001 ? "< 0.1 %" : share === 0 ? "0 %" : percent(share, 1));
const covered = (share) => (share < 1 && share > 0.99 ? "> 99 %" : percent(share));
const titles = { quarantined: "newly in quarantine", recovered: "recovered", other_reasons: "in quarantine for other reasons", appeared: "new", retired: "newly retired", returned: "back in service", coverage_fell: "with less coverage", coverage_rose: "with more coverage" };
data.news = data.changed.map((kind) => (kind ? titles[kind] : null));
data.range = data.id.map((_, i) => (known(data.minimum[i]) ? `${figure(data.minimum[i])} to ${figure(data.maximum[i], data.unit[i])}` : "–"));

// What changed, and why it stands where it stands; said once where the one is the other.
data.remarks = data.id.map((_, i) => {
  const { news, change, why } = { news: data.news[i], change: data.change[i], why: data.why[i] };
  const told = news && change !== why && change ? `${news} (${change})` : news;
  return [told, why].filter(Boolean).join(": ") || null;
});
const open = sensorTable({
  columns: [
    { name: "Sensor", key: "id", text: (i) => visible(data.id[i]) },
    { name: "Cohort", key: "cohort", text: (i) => data.cohort[i] ?? "–", extra: true },
    { name: "Standing", key: "place", text: (i) => data.standing[i], tag: true, title: "worst first" },
    { name: "Limit used", key: "strain", text: (i) => used(data.strain[i]), number: true, most: true, extra: true, title: "how much of the limit that it comes closest to is used up" },
    { name: "Coverage", key: "coverage", text: (i) => covered(data.coverage[i]), number: true, title: "share of the recent steps that have a value" },
    { name: "Gap", key: "longest_gap_hours", text: (i) => hours(data.longest_gap_hours[i]), number: true, most: true, extra: true, title: "longest recent stretch without a value" },
    { name: "Stuck", key: "stuck_share", text: (i) => small(data.stuck_share[i]), number: true, most: true, extra: true, title: "share of the recent values that stand in stuck runs" },
    { name: "Rejected", key: "rejected_share", text: (i) => small(data.rejected_share[i]), number: true, most: true, extra: true, title: "share of its recent rows that were rejected" },
    { name: "Remarks", key: "remarks", text: (i) => data.remarks[i] ?? "", extra: true, quiet: true },
  ],
  sorted: "place",
  chips: { column: "standing", values: ["quarantined", "admitted", "retired"] },
  searched: ["id", "cohort", "kind", "standing", "remarks", "rejected_for"],
  evidence: (i) => evidencePanel(i, data.remarks[i], [
    ["limit used", known(data.strain[i]) ? `${used(data.strain[i])} (${data.strained_by[i]})` : "–"],
    ["readings", figure(data.readings[i])], ["first reading", data.first_reading[i] ?? "–"], ["last reading", data.last_reading[i] ?? "–"],
    ["silent at the end", hours(data.silence_hours[i])], ["history", known(data.history_weeks[i]) ? `${figure(data.history_weeks[i])} weeks` : "–"],
    ["coverage", percent(data.coverage[i], 1)], ["longest gap", hours(data.longest_gap_hours[i])],
    ["stuck values", small(data.stuck_share[i])], ["longest stuck run", hours(data.longest_stuck_hours[i])], ["values", data.range[i]],
    ["rejected rows", data.rejected_rows[i] ? data.rejected_rows[i].toLocaleString("en") : "–"], ["rejected of late", small(data.rejected_share[i])],
    ["rejected for", (data.rejected_for[i] ?? []).join(", ").replaceAll("_", " ") || "–"],
  ], data.weekly[i] ? [["Coverage by week, latest on the right", strip(data.weekly[i])]] : []),
});

const map = $("map");
map?.addEventListener("mousemove", (event) => {
  const box = map.getBoundingClientRect(), weeks = data.week_ends.length;
  const row = Math.min(Math.floor(((event.clientY - box.top) / box.height) * data.map.length), data.map.length - 1);
  const week = Math.min(Math.floor(((event.clientX - box.left) / box.width) * weeks), weeks - 1);
  const i = data.map[Math.max(row, 0)], letter = data.weekly[i]?.at(week - weeks) ?? ".";
  const tenths = parseInt(letter, 16) * 10;
  const share = letter === "." ? "not yet there" : letter === "a" ? "all readings" : `${tenths} to ${tenths + 10} % of the readings`;
  $("map-note").textContent = `${visible(data.id[i])}, week to ${data.week_ends[Math.max(week, 0)]}: ${share}`;
});
map?.addEventListener("mouseleave", () => { $("map-note").textContent = "\u00a0"; });
// A click on the map leads to the sensor's line in the table.
map?.addEventListener("click", (event) => {
  const box = map.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * data.map.length);
  open(data.map[Math.max(0, Math.min(row, data.map.length - 1))]);
});
