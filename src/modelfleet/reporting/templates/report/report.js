const change = (share) => (known(share) && Math.round(100 * share) > 0 ? "+" : "") + percent(share);
const certain = (share) => {
  if (!known(share)) return "–";
  return share > 0.99 ? "> 99 %" : `${Math.floor(100 * share + 1e-9)} %`;
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
const cost = (i, name) => (known(data[name]?.[i]) ? `${Math.round(data[name][i]).toLocaleString("en")} ${data.currency[i] ?? ""}`.replace("-", "−") : "–");
const spoken = (codes) => (codes ? codes.split(" ").map((code) => code.replaceAll("_", " ")).join(", ") : "–");
const evidence = (i) => {
  const unit = data.unit[i];
  const serves = { none: "nothing", model: "its model", champion: "its champion", baseline: "its baseline" };
  const pictures = [];
  if (data.weekly[i]?.length) pictures.push(["Gain by judged week, latest on the right", bars(data.weekly[i])]);
  if (data.coverage[i]) pictures.push(["Coverage by week, latest on the right", strip(data.coverage[i])]);
  return evidencePanel(i, data.why[i], [
    ["kind", data.kind[i] ?? "–"], ["served by", serves[data.serves[i]] ?? data.serves[i]],
    ["baseline", data.baseline[i] ? data.baseline[i].replaceAll("_", " ") : "–"], ["error of the baseline", figure(data.baseline_mae[i], unit)],
    ["recipe", data.recipe[i] ?? "–"], ["error of the candidate", figure(data.mae[i], unit)],
    ["gain", known(data.gain[i]) ? `${change(data.gain[i])} ± ${percent(data.gain_error[i])}` : "–"],
    ["p-value", figure(data.p_value[i])], ["MASE", figure(data.mase[i])], ["mean error", figure(data.mean_error[i], unit)],
    ["hours with a forecast", percent(data.valid_share[i])], ["learned from", known(data.trained_from[i]) ? `${data.trained_from[i]} to ${data.trained_to[i]}` : "–"],
    ["costs without a model, a year", cost(i, "cost_without_model")], ["with the baseline", cost(i, "cost_baseline")],
    ["with the candidate", cost(i, "cost_candidate")], ["saved by the candidate", cost(i, "cost_saved")],
    ["readings within the interval", percent(data.interval_coverage?.[i])], ["within it, not tracked", percent(data.untracked_coverage?.[i])],
    ["forecasts replaced by a rule", percent(data.replaced_share?.[i], 1)],
    ["decided by people", spoken(data.override?.[i])], ["the release waits because of", spoken(data.hold?.[i])],
    ["exclusions", data.without?.[i] ?? "–"],
    ["training rows", figure(data.rows[i])], ["hours carried over gaps", figure(data.carried_hours[i])], ["hours excluded", figure(data.excluded_hours[i])],
  ], pictures);
};
const open = sensorTable({
  columns: [
    { name: "Rank", key: "rank", text: (i) => data.rank[i].toLocaleString("en"), number: true, extra: true, title: "1 is what people should look at first" },
    { name: "Sensor", key: "id", text: (i) => visible(data.id[i]) },
    { name: "Cohort", key: "cohort", text: (i) => data.cohort[i] ?? "–", extra: true },
    { name: "Outcome", key: "outcome", text: (i) => data.outcome[i], tag: true },
    { name: "Gain", key: "gain", text: (i) => change(data.gain[i]), number: true, title: "mean share of the baseline's error that is saved" },
    { name: "Likely", key: "probability", text: (i) => certain(data.probability[i]), number: true, extra: true, title: "probability that the candidate is better than the baseline" },
    { name: "Weeks", key: "better_weeks", text: (i) => (known(data.weeks[i]) ? `${data.better_weeks[i]} of ${data.weeks[i]}` : "–"), number: true, extra: true, title: "judged weeks in which the candidate is better" },
    { name: "Why", key: "why", text: (i) => data.why[i] ?? "", extra: true, quiet: true },
  ],
  sorted: "rank",
  chips: { column: "outcome", values: ["accepted", "kept", "backup", "quarantined", "failed", "retired"] },
  narrowed: "cohort",
  searched: ["id", "cohort", "kind", "outcome", "serves", "why", "override", "hold"].filter((name) => name in data),
  evidence,
});

// The map of weeks and sensors: one order at a time, and under the pointer who it is.
const maps = [...document.querySelectorAll(".gainmap")];
for (const map of maps) {
  const places = data[map.dataset.order], order = [];
  places.forEach((place, i) => { if (known(place)) order[place] = i; });
  const cells = map.querySelector(".cells"), weeks = map.querySelectorAll(".weekends li").length;
  const under = (event) => {
    const box = cells.getBoundingClientRect();
    const within = (at, size, count) => Math.max(0, Math.min(Math.floor((at / size) * count), count - 1));
    return [order[within(event.clientX - box.left, box.width, order.length)], within(event.clientY - box.top, box.height, weeks)];
  };
  cells.addEventListener("mousemove", (event) => {
    const [i, week] = under(event), gain = data.weekly[i]?.[week - weeks + data.weekly[i].length];
    const when = `week ${week + 1} of ${weeks}`;
    $("gain-note").textContent = `${visible(data.id[i])} (${data.cohort[i] ?? "no cohort"}, ${data.outcome[i]}), ${when}: ${known(gain) ? change(gain / 100) : "not comparable"}; all weeks ${change(data.gain[i])}`;
  });
  cells.addEventListener("mouseleave", () => { $("gain-note").textContent = "\u00a0"; });
  cells.addEventListener("click", (event) => open(under(event)[0]));
}
const orders = document.querySelector(".orders");
if (orders) {
  const choose = (name) => {
    for (const map of maps) map.hidden = map.dataset.order !== name;
    for (const button of orders.children) button.setAttribute("aria-pressed", button.dataset.order === name ? "true" : "false");
  };
  orders.addEventListener("click", (event) => { if (event.target.dataset.order) choose(event.target.dataset.order); });
  orders.hidden = false;
  choose("place_worst");
}
for (const button of document.querySelectorAll(".look")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    $("search").value = button.dataset.search;
    $("search").dispatchEvent(new Event("input"));
    $("sensors").scrollIntoView();
  });
}
