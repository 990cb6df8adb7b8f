// Scales: round steps for axes, and how times and values are written on them.

const NICE_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  14400, 21600, 43200, 86400];

function niceStep(span, parts) {
  const rough = span / Math.max(1, parts);
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  for (const factor of [1, 2, 2.5, 5, 10]) {
    if (rough <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

function niceSeconds(span, parts) {
  const rough = span / Math.max(1, parts);
  return NICE_SECONDS.find((step) => step >= rough) || niceStep(span, parts);
}

function multiples(low, high, step) {
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) {
    found.push((k || 0) * step);
  }
  return found;
}

function pad(number) {
  return String(number).padStart(2, "0");
}

// Seconds from the start of measure as T+05:00 or, finer, T+05:00.2; the same form as the tables.
function momentText(seconds, decimals) {
  const unit = Math.pow(10, decimals);
  let rest = Math.round(Math.abs(seconds) * unit);
  const sign = seconds < 0 && rest > 0 ? "−" : "+";
  const fraction = decimals ? "." + String(rest % unit).padStart(decimals, "0") : "";
  rest = Math.floor(rest / unit);
  const hours = Math.floor(rest / 3600);
  const minutes = Math.floor(rest / 60) % 60;
  return "T" + sign + (hours ? hours + ":" : "") + pad(minutes) + ":" + pad(rest % 60) + fraction;
}

function tickText(seconds, step) {
  return momentText(seconds, step < 1 ? 1 : 0).slice(1).replace(/^\+/, "");
}

function valueText(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "ms" && value >= 1000) return plain(value / 1000) + " s";
  return unit ? plain(value) + " " + unit : plain(value);
}

function plain(value) {
  return value.toLocaleString("en-US", { maximumSignificantDigits: value >= 1000 ? 4 : 3 });
}
