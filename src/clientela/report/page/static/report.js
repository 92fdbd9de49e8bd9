// Draws the charts of the report: neutral JSON in, ECharts options out.
// Loaded as a module after ECharts itself; reads <script id="charts"> and fills [data-chart].

const content = JSON.parse(document.getElementById("charts").textContent);
const FONT = getComputedStyle(document.documentElement).fontFamily;
// The colours are those of the style sheet, light or dark; paper is always light.
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.tone ?? (dark.matches ? "dark" : "light")) === "dark";
let INK, SOFT, RULE, TONES, MIDDLE, PAPER;
const LIGHT = { ink: "#1c2226", soft: "#56616a", rule: "#dfe3e6", accent: "#0b5a8a", quiet: "#a3adb4", signal: "#d55e00", paper: "#fff" };
const takeColours = (printed = false) => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => printed ? LIGHT[name] : style.getPropertyValue(`--${name}`).trim() || LIGHT[name];
  [INK, SOFT, RULE, PAPER] = [of("ink"), of("soft"), of("rule"), of("paper")];
  TONES = { accent: of("accent"), quiet: of("quiet"), signal: of("signal") };
  MIDDLE = isDark() && !printed ? [38, 46, 51] : [247, 247, 247];
};
takeColours(matchMedia("print").matches);
// Okabe and Ito (2008), the yellow darkened to be seen on white; shapes tell them apart in grey.
const SEGMENTS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#4d4d4d", "#a89a00"];
const SHAPES = ["circle", "triangle", "rect", "diamond", "emptyCircle", "emptyTriangle", "emptyRect", "emptyDiamond"];
const BELOW = [33, 102, 172], ABOVE = [179, 88, 6], DARKEST = [8, 69, 112];
const NARROW = 460, PRINTED = { wide: 860, half: 420 }, SATURATED_TIMES = 4, DARK = 0.55;

const tone = (series) => typeof series.tone === "number"
  ? SEGMENTS[series.tone % SEGMENTS.length] : TONES[series.tone ?? "accent"];
const shape = (series) => typeof series.tone === "number" ? SHAPES[series.tone % SHAPES.length] : "circle";

// Numbers as people of the language write them.
const formats = new Map();
const format = (options) => { // what is zero as written has no sign
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(content.lang, { signDisplay: "negative", ...options }));
  return formats.get(key);
};
const money = (currency) => currency && currency !== "XXX" ? { style: "currency", currency } : {};
const number = (kind, currency, short = false) => (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const digits = Math.abs(value) < 100 && kind === "money" && !Number.isInteger(value) ? 2 : 0;
  if (kind === "money" && short && Math.abs(value) >= 10000)
    return format({ ...money(currency), notation: "compact", maximumFractionDigits: 1 }).format(value);
  if (kind === "money")
    return format({ ...money(currency), minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  const digitsOfShare = short && Math.abs(value) >= 0.1 && short !== "axis" ? 0 : 1;
  if (kind === "share") return format({ style: "percent", maximumFractionDigits: digitsOfShare }).format(value);
  return format({ maximumFractionDigits: kind === "decimal" ? 2 : 0 }).format(value);
};
const written = (chart, short) => number(chart.value?.format ?? "number", chart.currency, short);

const text = (more = {}) => ({ fontFamily: FONT, fontSize: 12, color: SOFT, ...more });
const escaped = (value) => echarts.format.encodeHTML(String(value));
const bold = (value) => `<b>${escaped(value)}</b>`;

// What all charts share.
const base = (chart) => ({
  animation: false,
  textStyle: { fontFamily: FONT },
  aria: { enabled: true, label: { description: [chart.title, chart.note].filter(Boolean).join(". ") } },
  tooltip: { confine: true, backgroundColor: PAPER, textStyle: text({ color: INK }), borderColor: RULE, padding: [6, 10] },
  legend: { show: chart.series.length > 1, left: 0, top: 0, itemWidth: 12, itemHeight: 12, itemGap: 14, textStyle: text() },
});
const grid = (chart, more = {}) => ({
  left: 4, right: 12, top: chart.series.length > 1 ? 38 : 12, bottom: 10,
  outerBoundsMode: "same", outerBoundsContain: "all", ...more,
});
const valueAxis = (axis, currency, more = {}) => ({
  type: "value", name: axis?.title ?? "", nameTextStyle: text(), splitNumber: 4,
  axisLabel: { ...text(), formatter: number(axis?.format ?? "number", currency, "axis"), hideOverlap: true },
  axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: RULE } }, ...more,
});
// What an axis measures stands above it; a share ends at 1.
const named = () => ({ nameLocation: "end", nameGap: 8, nameTextStyle: text({ align: "left" }) });
const beside = () => ({ nameLocation: "middle", nameGap: 44, nameRotate: 90, nameTextStyle: text() });
const namePx = (axis) => axis?.title ? 20 : 0;
const categoryAxis = (data, more = {}) => ({
  type: "category", data, axisTick: { show: false }, axisLine: { lineStyle: { color: SOFT } },
  axisLabel: { ...text({ color: INK }), hideOverlap: true }, ...more,
});
// On a phone the name above an axis takes two lines.
const inLines = (words, width) => words.replace(new RegExp(`(.{1,${Math.floor((width - 40) / 6)}})(?: |$)`, "g"), "$1\n").trimEnd();
const below = { nameLocation: "middle", nameGap: 26 };
const together = (all) => all.reduce((kept, mark) => {
  const same = kept.find((one) => Math.abs(one.at - mark.at) < 0.0025);
  return same ? [...kept.filter((one) => one !== same), { at: same.at, label: `${same.label}, ${mark.label}` }] : [...kept, mark];
}, []).sort((one, other) => one.at - other.at);
const lastPlace = (chart) => chart.kind === "lines" ? Math.max(...pairs(chart, 0)) : chart.categories.length - 1;
const atTheEnd = (chart, mark) => ["lines", "columns"].includes(chart.kind) && mark.at > 0.85 * lastPlace(chart);
const LETTER = 6.6, LINE = 13, AXIS = 70; // of the labels, in pixels; by eye
const firstPlace = (chart) => chart.kind === "lines" ? Math.min(...pairs(chart, 0)) : -0.5;
// The label of each mark has the lowest line on which it covers no other.
const marked = (chart, width) => {
  const ends = [], first = firstPlace(chart);
  const scale = (width - AXIS) / (lastPlace(chart) - first || 1);
  return together(chart.marks ?? []).map((mark) => {
    const at = (mark.at - first) * scale, long = LETTER * mark.label.length;
    const begin = atTheEnd(chart, mark) ? at - long : at;
    const free = ends.findIndex((end) => end < begin);
    const line = free < 0 ? ends.length : free;
    ends[line] = begin + long + LETTER;
    return { ...mark, line };
  });
};
const marksPx = (chart, width) => LINE * Math.max(0, ...marked(chart, width).map((mark) => mark.line + 1));
const marks = (chart, width, position = "end", above = 5) => chart.marks?.length ? {
  silent: true, symbol: "none", lineStyle: { color: SOFT, type: [3, 3], width: 1 },
  data: marked(chart, width).map((mark) => ({
    xAxis: mark.at,
    label: { ...text({ color: INK }), formatter: mark.label, position, align: atTheEnd(chart, mark) ? "right" : "left", distance: [4, above + LINE * mark.line] },
  })),
} : undefined;
const heights = (chart) => chart.stacked ? [0] : chart.series.flatMap((series) => series.values);
const whole = (axis, values) => axis?.format === "share" && Math.max(...values) > 0.8 && Math.max(...values) < 1.02
  ? { min: 0, max: 1, interval: 0.25 } : {};
const legendHeight = (chart, width) => {
  if (chart.series.length < 2) return 12;
  let lines = 1, at = 0;
  for (const { name } of chart.series) {
    const long = 31 + 6.2 * name.length;
    if (at && at + long - 14 > width) [lines, at] = [lines + 1, 0];
    at += long;
  }
  return 11 + 27 * lines;
};
const listed = (chart, lines) => [bold(chart), ...lines].join("<br>");

const ofCategory = (chart) => ({
  ...base(chart).tooltip, trigger: "axis", axisPointer: { type: "shadow" },
  formatter: (points) => listed(points[0].name, points.filter((p) => p.seriesType !== "custom").map((p) =>
    `${p.marker} ${escaped(p.seriesName)}: ${escaped(written(chart)(p.value))}`)),
});
const ofPair = (chart) => (p) => listed(p.seriesName, [
  `${escaped(chart.category.title)}: ${escaped(number(chart.category.format)(p.value[0]))}`,
  `${escaped(chart.value.title)}: ${escaped(written(chart)(p.value[1]))}`,
]);

const columns = (chart, width) => ({
  ...base(chart),
  grid: grid(chart, { top: legendHeight(chart, width) + (chart.marks?.length ? 14 + marksPx(chart, width) : 0) + namePx(chart.value) }),
  tooltip: ofCategory(chart),
  xAxis: categoryAxis(chart.categories, { name: chart.category?.title ?? "", ...below, nameTextStyle: text() }),
  yAxis: valueAxis(chart.value, chart.currency, { ...named(), ...whole(chart.value, heights(chart)) }),
  series: chart.series.flatMap(whiskers).concat(chart.series.map((series, i) => ({
    type: series.line ? "line" : "bar", name: series.name, stack: chart.stacked ? "all" : undefined, barCategoryGap: "28%", barGap: "8%",
    symbol: typeof series.tone === "number" ? shape(series) : "diamond", symbolSize: 9, lineStyle: { type: chart.series.every((each) => each.line) ? "solid" : "dashed", width: 2, color: tone(series) }, z: series.line ? 3 : 2,
    itemStyle: { color: tone(series) }, markLine: i ? undefined : marks(chart, width, "end", 24),
    data: series.values.map((value, i) => series.pale?.includes(i) ? { value, itemStyle: { opacity: 0.4 } } : value),
  }))),
});
// The interval around each value of a line over columns.
const whiskers = (series) => {
  const known = series.values.map((_, i) => [i, series.low?.[i], series.high?.[i]])
    .filter(([, low, high]) => typeof low === "number" && typeof high === "number");
  const shape = (_, api) => {
    const [[x, low], [, high]] = [1, 2].map((end) => api.coord([api.value(0), api.value(end)]));
    const style = { stroke: tone(series), lineWidth: 2 };
    const cap = (y) => ({ type: "line", shape: { x1: x - 6, x2: x + 6, y1: y, y2: y }, style });
    return { type: "group", children: [{ type: "line", shape: { x1: x, x2: x, y1: low, y2: high }, style }, cap(low), cap(high)] };
  };
  return known.length ? [{ type: "custom", silent: true, z: 2, renderItem: shape, encode: { x: 0, y: [1, 2] }, data: known }] : [];
};

const longest = (chart) => Math.max(...chart.series.flatMap((series) => series.values).map((value) => written(chart, true)(value).length));
const bars = (chart, width) => ({
  ...base(chart),
  grid: grid(chart, { right: Math.max(64, 14 + LETTER * longest(chart)), bottom: chart.value?.title ? 6 : 0 }),
  tooltip: ofCategory(chart),
  xAxis: valueAxis(chart.value, chart.currency, {
    ...below, nameGap: 8, axisLabel: { show: false }, splitLine: { show: false },
  }),
  yAxis: rows(chart, width),
  series: chart.series.map((series) => ({
    type: "bar", name: series.name, barMaxWidth: 18, barGap: "12%",
    itemStyle: { color: tone(series) }, data: series.values,
    label: { show: true, position: "right", ...text({ color: INK }), formatter: (p) => written(chart, true)(p.value) },
  })),
});
const LABELS = 0.38; // of the width, at most
const room = (names, most) => Math.min(most, 12 + Math.ceil(6.6 * Math.max(...names.map((name) => name.length))));
const rows = (chart, width) => categoryAxis(chart.categories, {
  inverse: true, axisLine: { show: false },
  axisLabel: { ...text({ color: INK }), interval: 0, width: room(chart.categories, width * LABELS), overflow: "break", lineHeight: 14 },
});

const pairs = (chart, which) => chart.series.flatMap((series) => series.values.map((pair) => pair[which]));
const lines = (chart, width) => ({
  ...base(chart),
  grid: grid(chart, { top: legendHeight(chart, width) + (chart.marks?.length ? 2 + marksPx(chart, width) : namePx(chart.value)), bottom: 6, right: 22 }),
  tooltip: { ...base(chart).tooltip, formatter: ofPair(chart) },
  xAxis: valueAxis(chart.category, undefined, {
    ...below, min: "dataMin", max: "dataMax", minInterval: chart.category.format === "number" ? 1 : 0,
    splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: SOFT } },
    ...whole(chart.category, pairs(chart, 0)),
  }),
  yAxis: valueAxis(chart.value, chart.currency, {
    ...(chart.marks?.length ? beside() : named()), ...(chart.floating ? { scale: true } : { min: (v) => Math.min(0, v.min) }), ...whole(chart.value, pairs(chart, 1)),
  }),
  series: chart.series.flatMap(band).concat(chart.series.map((series, i) => ({
    type: "line", name: series.name, data: series.values, color: tone(series), symbol: "circle",
    symbolSize: series.values.length === 1 ? 11 : 5, showSymbol: series.values.length < 20,
    lineStyle: { width: 2 }, markLine: i ? undefined : marks(chart, width),
  }))),
});
// The interval around a line, as one pale shape.
const band = (series) => {
  const known = series.values.map(([x], i) => [x, series.low?.[i], series.high?.[i]])
    .filter(([, low, high]) => typeof low === "number" && typeof high === "number");
  const shape = ({ dataIndex }, api) => dataIndex ? null : {
    type: "polygon", style: { fill: tone(series), opacity: 0.16 },
    shape: { points: [...known.map(([x, low]) => api.coord([x, low])), ...known.toReversed().map(([x, , high]) => api.coord([x, high]))] },
  };
  return known.length < 2 ? [] : [{ type: "custom", silent: true, clip: true, z: 1, renderItem: shape, encode: { x: 0, y: [1, 2] }, data: known }];
};

const points = (chart, width) => {
  const plain = !chart.category?.title;
  const bare = { show: !plain, scale: true, boundaryGap: plain ? 0 : ["10%", "10%"] };
  const name = inLines(chart.value?.title ?? "", width);
  return {
    ...base(chart),
    grid: grid(chart, { bottom: 6, top: legendHeight(chart, width) + (plain ? 0 : 8 + 14 * name.split("\n").length) }),
    tooltip: { ...base(chart).tooltip, formatter: plain ? (p) => bold(p.seriesName) : ofPair(chart) },
    xAxis: valueAxis(chart.category, undefined, { ...below, ...bare }),
    yAxis: valueAxis(chart.value, chart.currency, { ...bare, name, nameLocation: "end", nameTextStyle: text({ align: "left" }) }),
    series: chart.series.map((series) => ({
      type: "scatter", name: series.name, data: series.values, color: tone(series), symbol: shape(series),
      symbolSize: plain ? 5 : 11, itemStyle: { opacity: plain ? 0.75 : 0.9 }, large: false,
    })),
  };
};

const BESIDE = ["diamond", "triangle"]; // what is known beside an estimate
const placed = (values) => values.map((value, i) => [value, i]).filter(([value]) => typeof value === "number");
const intervals = (chart, width) => {
  const [series, ...others] = chart.series;
  const line = (_, api) => {
    const [low, high] = [api.coord([api.value(1), api.value(0)]), api.coord([api.value(2), api.value(0)])];
    const style = { stroke: tone(series), lineWidth: 2 };
    const cap = (x) => ({ type: "line", shape: { x1: x, x2: x, y1: low[1] - 5, y2: low[1] + 5 }, style });
    return { type: "group", children: [
      { type: "line", shape: { x1: low[0], y1: low[1], x2: high[0], y2: high[1] }, style }, cap(low[0]), cap(high[0]),
    ] };
  };
  const known = series.values.map((_, i) => i)
    .filter((i) => typeof series.low?.[i] === "number" && typeof series.high?.[i] === "number");
  return {
    ...base(chart),
    grid: grid(chart, { top: (others.length ? legendHeight(chart, width) : 6) + (chart.marks?.length ? 18 : 0), bottom: 6, right: 24 }),
    tooltip: {
      ...base(chart).tooltip, trigger: "axis", axisPointer: { type: "none" },
      formatter: ([p]) => listed(p.name, [
        escaped(written(chart)(series.values[p.dataIndex])),
        known.includes(p.dataIndex) ? escaped(`${content.words.low} ${written(chart)(series.low[p.dataIndex])} ` +
          `${content.words.high} ${written(chart)(series.high[p.dataIndex])}`) : "",
        ...others.map((other) => escaped(`${other.name}: ${written(chart)(other.values[p.dataIndex])}`)),
      ].filter(Boolean)),
    },
    xAxis: valueAxis(chart.value, chart.currency, { ...below, scale: false, min: (v) => Math.min(0, v.min), splitNumber: width < NARROW ? 3 : 5 }),
    yAxis: rows(chart, width),
    series: [
      { type: "scatter", name: series.name, color: tone(series), symbolSize: 10, z: 3, itemStyle: { opacity: 1 },
        data: placed(series.values), markLine: marks(chart, width, "start") },
      ...others.map((other, i) => ({
        type: "scatter", name: other.name, color: tone(other), symbol: BESIDE[i % BESIDE.length], symbolSize: 11, z: 4,
        itemStyle: { opacity: 1, borderColor: PAPER, borderWidth: 1 }, data: placed(other.values),
      })),
      { type: "custom", silent: true, renderItem: line, encode: { x: [1, 2], y: 0 },
        data: known.map((i) => [i, series.low[i], series.high[i]]) },
    ],
  };
};

const silhouettes = (chart, width) => {
  const ends = chart.series.reduce((all, series) => [...all, (all.at(-1) ?? 0) + series.values.length + 2], []);
  const starts = [0, ...ends];
  const names = new Map(chart.series.map((series, i) =>
    [starts[i] + Math.floor(series.values.length / 2), series.name]));
  return {
    ...base(chart),
    legend: { show: false },
    tooltip: { ...base(chart).tooltip, formatter: (p) => listed(p.seriesName, [escaped(written(chart)(p.value[0]))]) },
    grid: grid(chart, { top: 6, bottom: 6 }),
    xAxis: valueAxis(chart.value, undefined, below),
    yAxis: categoryAxis([...Array(ends.at(-1)).keys()], {
      inverse: true, axisLine: { show: true, lineStyle: { color: SOFT } },
      axisLabel: { ...text({ color: INK }), interval: (i) => names.has(i), formatter: (i) => names.get(Number(i)),
        width: room(chart.series.map((series) => series.name), width * 0.34), overflow: "break", lineHeight: 14, hideOverlap: false },
    }),
    series: chart.series.map((series, i) => ({
      type: "bar", name: series.name, color: tone(series), barWidth: "104%", barGap: "-100%",
      data: series.values.map((value, j) => [value, starts[i] + j]),
    })),
  };
};

const mixed = (from, to, share) => `rgb(${from.map((c, i) => Math.round(c + (to[i] - c) * share)).join(",")})`;
const strength = (chart, least, most) => (value) => {
  if (chart.centre === undefined) return most > least ? 0.08 + 0.82 * (value - least) / (most - least) : 0.3;
  if (chart.centre === 0) return Math.max(-1, Math.min(1, value));
  const times = Math.log(Math.max(value, 1e-9) / chart.centre) / Math.log(SATURATED_TIMES);
  return Math.max(-1, Math.min(1, times));
};
const shade = (chart, t) => chart.centre === undefined ? mixed(MIDDLE, DARKEST, t)
  : mixed(MIDDLE, t < 0 ? BELOW : ABOVE, Math.abs(t));

const heat = (chart, width) => {
  const known = chart.series.flatMap((series) => series.values).filter((v) => v !== null);
  const strong = strength(chart, Math.min(...known), Math.max(...known));
  const left = room(chart.series.map((series) => series.name), Math.min(170, width * 0.26));
  const wide = (width - left) / chart.categories.length;
  const cells = chart.series.flatMap((series, y) => series.values.map((value, x) => [x, y, value]))
    .filter(([, , value]) => value !== null && value !== undefined);
  return {
    ...base(chart),
    legend: { show: false },
    grid: grid(chart, { left: 4, right: 2, top: 4, bottom: 4 }),
    tooltip: { ...base(chart).tooltip, formatter: (p) => listed(chart.series[p.value[1]].name,
      [`${escaped(chart.categories[p.value[0]])}: ${escaped(written(chart)(p.value[2]))}`]) },
    xAxis: categoryAxis(chart.categories, {
      position: chart.category?.title ? "bottom" : "top", name: chart.category?.title ?? "", ...below, nameGap: 22,
      nameTextStyle: text(), axisLine: { show: false },
      axisLabel: { ...text({ color: INK }), interval: 0, width: Math.max(20, wide - 6), overflow: "break", lineHeight: 13, fontSize: 11 },
    }),
    yAxis: categoryAxis(chart.series.map((series) => series.name), {
      inverse: true, axisLine: { show: false },
      axisLabel: { ...text({ color: INK }), interval: 0, width: left, overflow: "break", lineHeight: 13 },
    }),
    visualMap: { show: false, min: -1, max: 1, dimension: 3, inRange: { color: ["#f7f7f7", "#f7f7f7"] } },
    series: [{
      type: "heatmap", name: chart.value?.title ?? "",
      data: cells.map(([x, y, value]) => {
        const t = strong(value);
        const style = { color: shade(chart, t), borderColor: PAPER, borderWidth: 2 };
        const label = { color: Math.abs(t) > DARK ? "#fff" : INK };
        const cells = [`${chart.key}-${y}-${x}`, `${chart.key}-${y}`]; // the cell's own list, else the row's
        return { value: [x, y, value, t], cells, visualMap: false, itemStyle: style, label };
      }),
      label: { show: true, fontFamily: FONT, fontSize: 11, formatter: (p) => written(chart, true)(p.value[2]) },
      emphasis: { itemStyle: { borderColor: INK, borderWidth: 1 } },
    }],
  };
};

// Areas by the first series, coloured by the second around nothing: growth and decline.
const MOST_GROWTH = 0.5; // by convention: half more or less is as strong as the colour gets
const treemap = (chart, width) => {
  const [areas, growth] = chart.series;
  const grown = (value) => `${value > 0 ? "+" : ""}${number(chart.category.format)(value)}`;
  const nodes = chart.categories.map((name, i) => {
    const change = growth?.values[i];
    const t = typeof change === "number" ? Math.max(-1, Math.min(1, change / MOST_GROWTH)) : 0;
    return {
      name, value: areas.values[i], cell: `${chart.key}-${i}`, change,
      facts: [written(chart, true)(areas.values[i]), ...(typeof change === "number" ? [grown(change)] : [])],
      itemStyle: { color: mixed(MIDDLE, t < 0 ? ABOVE : BELOW, Math.abs(t)) },
      label: { color: Math.abs(t) > DARK || isDark() ? "#fff" : INK },
    };
  });
  return {
    ...base(chart),
    legend: { show: false },
    tooltip: { ...base(chart).tooltip, formatter: (p) => listed(p.name, [
      `${escaped(areas.name)}: ${escaped(written(chart)(p.value))}`,
      ...(typeof p.data.change === "number" ? [`${escaped(growth.name)}: ${escaped(grown(p.data.change))}`] : []),
    ]) },
    series: [{
      type: "treemap", left: 0, right: 0, top: 2, bottom: 2, roam: false, nodeClick: false, breadcrumb: { show: false },
      squareRatio: width < NARROW ? 1.6 : 0.9, visibleMin: 0,
      label: { ...text(), fontSize: AREA_FONT, position: "insideTopLeft", lineHeight: AREA_LINE, formatter: "" },
      itemStyle: { borderColor: SOFT, borderWidth: 1, gapWidth: 2 },
      data: nodes.filter(({ value }) => value),
    }],
  };
};

// What of a name and its facts an area has room for: whole words, the last one cut short if it must be, or nothing.
const AREA_FONT = 13, AREA_LINE = 17, AREA_AIR = 14, LEAST_LETTERS = 3; // set by eye
const pen = document.createElement("canvas").getContext("2d");
const measured = (words) => { pen.font = `${AREA_FONT}px ${FONT}`; return pen.measureText(words).width; };
const cut = (words, width) => {
  let kept = words;
  while (kept && measured(`${kept}…`) > width) kept = kept.slice(0, -1).trimEnd();
  return kept.length >= LEAST_LETTERS ? `${kept}…` : "";
};
const fitted = (name, facts, width, height) => {
  const most = Math.floor((height - AREA_AIR) / AREA_LINE), lines = [];
  const words = name.split(" ");
  while (words.length && lines.length < most) {
    let line = words.shift();
    while (words.length && measured(`${line} ${words[0]}`) <= width) line += ` ${words.shift()}`;
    const whole = measured(line) <= width && (lines.length + 1 < most || !words.length);
    const shown = whole ? line : cut([line, ...words].join(" "), width);
    if (!shown) return lines.length ? [...lines.slice(0, -1), cut(lines.at(-1), width)].join("\n") : "";
    lines.push(shown);
    if (!whole) return lines.join("\n");
  }
  const last = facts.findIndex((fact, i) => lines.length + i >= most || measured(fact) > width);
  return [...lines, ...(lines.length ? facts.slice(0, last < 0 ? facts.length : last) : [])].join("\n");
};
// Only once areas are laid out is it known what fits into them.
const labelAreas = (drawn, option) => {
  const laid = drawn.getModel().getSeriesByIndex(0).getData();
  const areas = new Map(laid.mapArray((i) => [laid.getName(i), laid.getItemLayout(i)]));
  const data = option.series[0].data.map((node) => {
    const { width = 0, height = 0 } = areas.get(node.name) ?? {};
    const words = fitted(node.name, node.facts, width - AREA_AIR, height);
    return { ...node, label: { ...node.label, show: Boolean(words), formatter: () => words } };
  });
  drawn.setOption({ series: [{ data }] });
};

// From the groups of then, on the left, to those of now; a click opens the list that a table holds.
const flowNames = (chart) => [...chart.categories, ...chart.series.map((series) => series.name)];
const flowSide = (chart, width) => room(flowNames(chart), width * 0.3);
const flowLines = (chart, width) => Math.max(...flowNames(chart).map((name) => Math.ceil(LETTER * name.length / (flowSide(chart, width) - 8))));
const flow = (chart, width) => {
  const side = flowSide(chart, width);
  const left = chart.series.map((series, i) => ({ name: `l${i}`, label: { position: "left" }, itemStyle: { color: tone(series) } }));
  const right = chart.categories.map((_, i) => ({ name: `r${i}`, itemStyle: { color: SOFT } }));
  const nameOf = (node) => node[0] === "l" ? chart.series[node.slice(1)].name : chart.categories[node.slice(1)];
  return {
    ...base(chart),
    legend: { show: false },
    tooltip: { ...base(chart).tooltip, formatter: (p) => p.dataType === "edge"
      ? listed(`${nameOf(p.data.source)} → ${nameOf(p.data.target)}`, [escaped(written(chart)(p.value))])
      : listed(nameOf(p.name), [escaped(written(chart)(p.value))]) },
    series: [{
      type: "sankey", left: side, right: side, top: 8, bottom: 8, nodeWidth: 12, nodeGap: 14 * flowLines(chart, width) + 2, draggable: false,
      layoutIterations: 0, emphasis: { focus: "adjacency" },
      label: { ...text({ color: INK }), width: side - 8, overflow: "break", lineHeight: 14, formatter: (p) => nameOf(p.name) },
      lineStyle: { color: "source", opacity: 0.3, curveness: 0.5 },
      data: [...left, ...right],
      links: chart.series.flatMap((series, i) => series.values.map((value, j) =>
        ({ source: `l${i}`, target: `r${j}`, value, cell: `${chart.key}-${i}-${j}` })).filter(({ value }) => value)),
    }],
  };
};

const KINDS = { flow, treemap, columns, bars, lines, points, intervals, silhouettes, heat };
const plots = [...document.querySelectorAll("[data-chart]")].map((element) => {
  const chart = content.charts[element.dataset.chart];
  element.setAttribute("role", "img");
  return { element, chart, drawn: null, width: 0, height: parseInt(element.style.height, 10) };
});

// Rows are as high as the longest of their labels, which breaks where the page is narrow.
const LABEL_LINE = 14, ROW_KINDS = ["bars", "intervals"];
const taller = ({ chart, height }, width) => {
  // however small a flow is, its label has the gap below it for itself
  if (chart.kind === "flow") return Math.max(height, Math.max(chart.series.length, chart.categories.length) * (14 * flowLines(chart, width) + 34) + 16);
  if (!ROW_KINDS.includes(chart.kind)) return height;
  const lines = Math.max(...chart.categories.map((name) => Math.ceil(LETTER * name.length / (width * LABELS))));
  return Math.max(height, chart.categories.length * (lines * LABEL_LINE + 8) + 60 + legendHeight(chart, width));
};
const draw = (plot, width) => {
  if (!width || plot.width === width) return;
  plot.width = width;
  const size = { width, height: taller(plot, width) };
  plot.element.style.height = `${size.height}px`;
  plot.drawn ??= echarts.init(plot.element, null, { renderer: "svg", ...size }); // never of no size, as in a fold
  plot.drawn.resize(size);
  plot.drawn.off("click");
  plot.drawn.on("click", ({ data, dataIndex }) =>
    (data?.cells ?? [data?.cell ?? `${plot.chart.key}-${dataIndex}`])
      .map((cell) => document.querySelector(`a[data-cell~="${CSS.escape(cell)}"]`)).find(Boolean)?.click());
  const option = KINDS[plot.chart.kind](plot.chart, width);
  plot.drawn.setOption(option, { notMerge: true });
  if (plot.chart.kind === "treemap") labelAreas(plot.drawn, option);
  const svg = plot.element.querySelector("svg");
  svg?.setAttribute("viewBox", `0 0 ${width} ${plot.drawn.getHeight()}`);
};
const watch = new ResizeObserver((seen) => {
  if (matchMedia("print").matches) return;
  for (const { target } of seen)
    draw(plots.find((plot) => plot.element === target), target.clientWidth);
});
const begin = (plot) => {
  draw(plot, plot.element.clientWidth);
  watch.observe(plot.element);
};
// The first chart is seen before the others are drawn.
plots.slice(0, 1).forEach(begin);
requestAnimationFrame(() => setTimeout(() => plots.slice(1).forEach(begin)));
const kindOfBox = (plot) => plot.element.closest("figure").classList.contains("wide") ? "wide" : "half";
const visible = () => plots.filter((plot) => plot.element.clientWidth);
const redraw = (width, printed) => {
  takeColours(printed);
  visible().forEach((plot) => { plot.width = 0; draw(plot, width(plot)); });
};
addEventListener("beforeprint", () => redraw((plot) => PRINTED[kindOfBox(plot)], true));
addEventListener("afterprint", () => redraw((plot) => plot.element.clientWidth, false));
dark.addEventListener("change", () => redraw((plot) => plot.element.clientWidth, false));

// A link to what is folded unfolds it.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.closest("details");
  if (fold) fold.open = true;
};
addEventListener("hashchange", unfold);
document.querySelectorAll("a[href^='#']").forEach((link) => link.addEventListener("click", () => setTimeout(unfold)));
// On a narrow page the contents close behind the reader who chose.
const contents = document.getElementById("contents");
contents?.addEventListener("click", (event) => { if (event.target.closest("a")) contents.open = false; });
unfold();

// The contents follow the reader.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) {
    links.forEach((link, id) => link.classList.toggle("here", id === (entry.target.closest("details.model") ?? entry.target).id));
  }
}, { rootMargin: "-20% 0px -70% 0px" });
document.querySelectorAll(".answer").forEach((section) => seen.observe(section));
