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
  /** There is nothing between two whole numbers. */
  isWhole?: boolean;
  testId: string;
}

/** A line over the last half hour; the same in words beside it, and as a table on request. */
export function LineChart({ label, values, read, least, isWhole = false, testId }: LineChartProps) {
  const t = texts("operator");
  const [isTable, setTable] = useState(false);
  const tableId = useId();
  const summary = useMemo(() => summaryOf(values), [values]);
  const range =
    summary === null
      ? t("chart.empty")
      : t("chart.range", { min: read(summary.min), max: read(summary.max), minutes: summary.minutes });
  const now = t("chart.now", { value: summary?.now == null ? t("unknown") : read(summary.now) });
  const words = summary === null ? range : t("chart.words", { now, range });
  return (
    <figure className="line-chart" data-testid={testId} data-values={values.length}>
      <figcaption>
        <strong>{label}</strong> <span className="quiet">{words}</span>
      </figcaption>
      <Canvas
        spoken={t("chart.spoken", { label, summary: words })}
        values={values}
        read={read}
        least={least}
        isWhole={isWhole}
      />
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
const LEAST_SHOWN_MS = 5 * 60_000;
const THEME = ["(prefers-color-scheme: dark)", "(forced-colors: active)"];

interface CanvasProps extends Required<Omit<LineChartProps, "label" | "testId">> {
  spoken: string;
}

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

function Canvas({ spoken, values, read, least, isWhole }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scale = useRef<Scale>({ least, read, values });
  const theme = useTheme();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const drawn = new uPlot(
      options(element, isWhole, () => scale.current),
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
  }, [theme, isWhole]);
  useEffect(() => {
    scale.current = { least, read, values };
    plot.current?.setData([values.map(({ atMs }) => atMs / 1000), values.map(({ value }) => value)]);
  }, [values, least, read, theme, isWhole]);
  return <div ref={box} className="canvas" role="img" aria-label={spoken} />;
}

interface Scale {
  least: number;
  read: (value: number) => string;
  values: readonly Value[];
}

const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

function options(element: HTMLElement, isWhole: boolean, scale: () => Scale): uPlot.Options {
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
    padding: [8, 28, 0, 0],
    scales: {
      x: { range: () => timeShown(scale().values) },
      y: { range: () => [0, ceiling(summaryOf(scale().values)?.max ?? 0, scale().least)] },
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
        space: 28,
        ...(isWhole ? { incrs: WHOLE_STEPS } : {}),
        grid: { stroke: grid, width: 1 },
        values: (_, marks) => marks.map((mark) => scale().read(mark)),
      },
    ],
    series: [{}, { stroke: line, fill, width: 2, spanGaps: false, points: { show: false } }],
  };
}

/** In seconds: what is known, at least a few minutes, at most what is kept. */
function timeShown(values: readonly Value[]): [number, number] {
  const [first, last] = [values[0]?.atMs ?? 0, values.at(-1)?.atMs ?? 0];
  const spanMs = Math.min(HISTORY_MS, Math.max(LEAST_SHOWN_MS, last - first));
  return [(last - spanMs) / 1000, last / 1000];
}
