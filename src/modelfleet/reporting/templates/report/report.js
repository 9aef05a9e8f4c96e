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
const evidence = (i) => {
  const unit = data.unit[i];
  const serves = { none: "nothing", model: "its model", champion: "its champion", baseline: "its baseline" };
  const pictures = [];
  if (data.weekly[i]?.length) pictures.push(["Gain by judged week, latest on the right", bars(data.weekly[i])]);
  if (data.coverage[i]) pictures.push(["Coverage by week, latest on the right", strip(data.coverage[i])]);
  return evidencePanel(i, data.why[i], [
    ["served by", serves[data.serves[i]] ?? data.serves[i]],
    ["baseline", data.baseline[i] ? data.baseline[i].replaceAll("_", " ") : "–"], ["error of the baseline", figure(data.baseline_mae[i], unit)],
    ["recipe", data.recipe[i] ?? "–"], ["error of the candidate", figure(data.mae[i], unit)],
    ["gain", known(data.gain[i]) ? `${change(data.gain[i])} ± ${percent(data.gain_error[i])}` : "–"],
    ["p-value", figure(data.p_value[i])], ["MASE", figure(data.mase[i])], ["mean error", figure(data.mean_error[i], unit)],
    ["hours with a forecast", percent(data.valid_share[i])], ["learned from", known(data.trained_from[i]) ? `${data.trained_from[i]} to ${data.trained_to[i]}` : "–"],
    ["training rows", figure(data.rows[i])], ["hours carried over gaps", figure(data.carried_hours[i])], ["hours excluded", figure(data.excluded_hours[i])],
  ], pictures);
};
sensorTable({
  columns: [
    { name: "Sensor", key: "id", text: (i) => visible(data.id[i]) },
    { name: "Cohort", key: "cohort", text: (i) => data.cohort[i] ?? "–", extra: true },
    { name: "Kind", key: "kind", text: (i) => data.kind[i] ?? "–", extra: true },
    { name: "Outcome", key: "outcome", text: (i) => data.outcome[i], tag: true },
    { name: "Gain", key: "gain", text: (i) => change(data.gain[i]), number: true, title: "mean share of the baseline's error that is saved" },
    { name: "Likely", key: "probability", text: (i) => certain(data.probability[i]), number: true, extra: true, title: "probability that the candidate is better than the baseline" },
    { name: "Weeks", key: "better_weeks", text: (i) => (known(data.weeks[i]) ? `${data.better_weeks[i]} of ${data.weeks[i]}` : "–"), number: true, extra: true, title: "judged weeks in which the candidate is better" },
    { name: "Why", key: "why", text: (i) => data.why[i] ?? "", extra: true, quiet: true },
  ],
  sorted: "id",
  chips: { column: "outcome", values: ["accepted", "kept", "backup", "quarantined", "failed", "retired"] },
  searched: ["id", "cohort", "kind", "outcome", "serves", "why"],
  evidence,
});
