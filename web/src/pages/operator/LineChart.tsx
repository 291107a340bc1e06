import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { language, texts } from "../../i18n";
import { type Value, byMinute, ceiling, summaryOf } from "./chart";
import { timeOfDay } from "./format";
import { HISTORY_MS } from "./watch";

interface LineChartProps {
  label: string;
  values: readonly Value[];
  /** How a value is read. */
  read: (value: number) => string;
  /** The scale goes at least to here, so that noise does not look like a mountain. */
  least: number;
  testId: string;
}

/** A line over the last half hour; the same in words beside it, and as a table on request. */
export function LineChart({ label, values, read, least, testId }: LineChartProps) {
  const t = texts("operator");
  const [isTable, setTable] = useState(false);
  const tableId = useId();
  const summary = useMemo(() => summaryOf(values), [values]);
  const range =
    summary === null
      ? t("chart.empty")
      : t("chart.range", { min: read(summary.min), max: read(summary.max), minutes: summary.minutes });
  const now = t("chart.now", { value: summary?.now == null ? t("unknown") : read(summary.now) });
  const words = summary === null ? range : `${now}, ${range}`;
  return (
    <figure className="line-chart" data-testid={testId} data-values={values.length}>
      <figcaption>
        <strong>{label}</strong> <span className="quiet">{words}</span>
      </figcaption>
      <Canvas spoken={t("chart.spoken", { label, summary: words })} values={values} read={read} least={least} />
      <Button
        className="link-button"
        aria-expanded={isTable}
        aria-controls={isTable ? tableId : undefined}
        aria-label={`${isTable ? t("chart.hideTable") : t("chart.showTable")} (${label})`}
        onPress={() => setTable(!isTable)}
        data-testid={`${testId}-table-button`}
      >
        {isTable ? t("chart.hideTable") : t("chart.showTable")}
      </Button>
      {isTable && (
        <table className="figures" id={tableId} data-testid={`${testId}-table`}>
          <caption className="hidden">{label}</caption>
          <thead>
            <tr>
              <th scope="col">{t("chart.time")}</th>
              <th scope="col">{t("chart.value")}</th>
            </tr>
          </thead>
          <tbody>
            {byMinute(values).map(({ atMs, value }) => (
              <tr key={atMs}>
                <th scope="row">{timeOfDay(atMs)}</th>
                <td>{read(value ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </figure>
  );
}

const HEIGHT_PX = 132;
const THEME = ["(prefers-color-scheme: dark)", "(forced-colors: active)"];

/** Counts up when the theme changes: a canvas does not follow the style sheet by itself. */
function useTheme(): number {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const queries = THEME.map((query) => window.matchMedia(query));
    const change = (): void => setTheme((count) => count + 1);
    queries.forEach((query) => query.addEventListener("change", change));
    return () => queries.forEach((query) => query.removeEventListener("change", change));
  }, []);
  return theme;
}

function Canvas({ spoken, values, read, least }: Omit<LineChartProps, "label" | "testId"> & { spoken: string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scale = useRef({ least, read, max: least, nowMs: 0 });
  const theme = useTheme();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const drawn = new uPlot(
      options(element, () => scale.current),
      [[], []],
      element,
    );
    plot.current = drawn;
    const watcher = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.current = null;
      drawn.destroy();
    };
  }, [theme]);
  useEffect(() => {
    scale.current = { least, read, max: summaryOf(values)?.max ?? 0, nowMs: values.at(-1)?.atMs ?? 0 };
    plot.current?.setData([values.map(({ atMs }) => atMs / 1000), values.map(({ value }) => value)]);
  }, [values, least, read, theme]);
  return <div ref={box} className="canvas" role="img" aria-label={spoken} />;
}

interface Scale {
  least: number;
  read: (value: number) => string;
  max: number;
  nowMs: number;
}

function options(element: HTMLElement, scale: () => Scale): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const [line, fill, grid, ink] = ["--accent", "--accent-soft", "--line", "--ink-quiet"].map(colour);
  const axis = { stroke: ink, font: `12px ${style.fontFamily}`, ticks: { show: false } } as const;
  const clock = new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit" });
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: {
      x: { range: () => [(scale().nowMs - HISTORY_MS) / 1000, scale().nowMs / 1000] },
      y: { range: () => [0, ceiling(scale().max, scale().least)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        grid: { show: false },
        values: (_, seconds) => seconds.map((at) => clock.format(at * 1000)),
      },
      {
        ...axis,
        size: 64,
        space: 40,
        grid: { stroke: grid, width: 1 },
        values: (_, marks) => marks.map((mark) => scale().read(mark)),
      },
    ],
    series: [{}, { stroke: line, fill, width: 2, spanGaps: false, points: { show: false } }],
  };
}
