//! The picture of a run: an SVG that anything shows, readable by a screen reader, drawn without a library.

use super::{
    Spread,
    floor::Stage,
    measurement::PACKETS_PER_S,
    report::{Measured, Report},
};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 70.0;
const ROW: f64 = 30.0;
/// Fills that stay apart for those who see colours differently (Okabe and Ito's palette).
const FILLS: [&str; 8] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"];
/// Parts of a bar that have a name of their own; the rest is together.
const PARTS_MAX: usize = 7;

/// One bar: its name, and its parts.
struct Bar {
    name: String,
    parts: Vec<(String, f64)>,
}

impl Bar {
    fn total(&self) -> f64 {
        self.parts.iter().map(|(_, size)| size).sum()
    }
}

/// Draws the run.
pub fn draw(report: &Report) -> String {
    let mut body = String::new();
    let mut y = 64.0;
    let Some(main) = report.main() else {
        return svg("viva bench: nothing was measured", "", 100.0, "");
    };
    y = cost(&mut body, main, report, y);
    y = delays(&mut body, main, y);
    if report.measurements.len() > 1 {
        y = sessions(&mut body, report, y);
    }
    let found = &main.measurement;
    let verdict = if found.real_time.holds { "in real time" } else { "not in real time" };
    let title = format!("viva bench: {} sessions, {}, {verdict}", found.sessions, found.mode.name());
    let desc = describe(report, main);
    svg(&title, &desc, y + 20.0, &body)
}

fn svg(title: &str, desc: &str, height: f64, body: &str) -> String {
    let (title, desc) = (escaped(title), escaped(desc));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"title desc\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<title id=\"title\">{title}</title>\n\
         <desc id=\"desc\">{desc}</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"20\" y=\"34\" font-size=\"18\" font-weight=\"600\">{title}</text>\n{body}</svg>\n"
    )
}

/// The picture in words.
fn describe(report: &Report, main: &Measured) -> String {
    let found = &main.measurement;
    let mut text = format!("Measured on {}, {} cores.", report.machine.model, report.machine.cores);
    if let (Some(cpu), Some(ratio)) = (&found.cpu, main.cpu_over_floor) {
        let ms = cpu.ms_per_session_second;
        let _ = write!(text, " CPU {ms:.2} ms a session-second, {ratio:.2} times the floor of its stages.");
    }
    for (name, spread) in figures(main) {
        if let (Some(p50), Some(p99)) = (spread.p50, spread.p99) {
            let _ = write!(text, " {name}: {p50:.1} ms at the median, {p99:.1} ms at the 99th percentile.");
        }
    }
    if let Some(greatest) = report.greatest_in_real_time {
        let _ = write!(text, " The greatest number in real time: {greatest} sessions.");
    }
    text
}

/// CPU by thread above, the floor by stage below, on one scale.
fn cost(body: &mut String, main: &Measured, report: &Report, y: f64) -> f64 {
    let part = |stage: Stage, share: f64| (stage.name.to_owned(), stage.us_per_frame * PACKETS_PER_S * share / 1e3);
    let share = match main.measurement.mode {
        super::Mode::Turn => main.measurement.downlink.agent_share,
        _ => 1.0,
    };
    let stages = report.floor.up().map(|stage| part(stage, 1.0));
    let stages = stages.into_iter().chain(report.floor.down().map(|stage| part(stage, share)));
    let mut bars = Vec::new();
    if let Some(cpu) = &main.measurement.cpu {
        let mut parts: Vec<(String, f64)> = cpu.threads.iter().map(|(name, ms)| (name.clone(), *ms)).collect();
        parts.sort_by(|left, right| right.1.total_cmp(&left.1));
        bars.push(Bar { name: "Viva, by thread".into(), parts: merged(parts) });
    }
    let mut parts: Vec<(String, f64)> = stages.collect();
    parts.sort_by(|left, right| right.1.total_cmp(&left.1));
    bars.push(Bar { name: "floor, by stage".into(), parts: merged(parts) });
    heading(body, "CPU milliseconds for one second of one session", y);
    let scale = (WIDTH - LEFT - RIGHT) / bars.iter().map(Bar::total).fold(f64::MIN_POSITIVE, f64::max);
    let mut y = y + 16.0;
    for bar in &bars {
        y = draw_bar(body, bar, scale, y);
    }
    y + 20.0
}

fn merged(mut parts: Vec<(String, f64)>) -> Vec<(String, f64)> {
    let rest: f64 = parts.iter().skip(PARTS_MAX).map(|(_, size)| size).sum();
    parts.truncate(PARTS_MAX);
    if rest > 0.0 {
        parts.push(("the rest".into(), rest));
    }
    parts
}

fn draw_bar(body: &mut String, bar: &Bar, scale: f64, y: f64) -> f64 {
    let mut x = LEFT;
    label(body, &bar.name, y + 20.0);
    for ((name, size), fill) in bar.parts.iter().zip(FILLS) {
        let width = size * scale;
        let name = escaped(name);
        let _ = writeln!(
            body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{ROW}\" fill=\"{fill}\" \
             stroke=\"#ffffff\"><title>{name}: {size:.2} ms</title></rect>"
        );
        x += width;
    }
    let _ = writeln!(body, "<text x=\"{:.1}\" y=\"{:.1}\">{:.2}</text>", x + 6.0, y + 20.0, bar.total());
    let mut y = y + ROW + 16.0;
    let mut x = LEFT;
    for ((name, size), fill) in bar.parts.iter().zip(FILLS) {
        let text = format!("{name} {size:.2}");
        let width = text.chars().count() as f64 * 7.0 + 28.0;
        if x + width > WIDTH - 10.0 {
            (x, y) = (LEFT, y + 18.0);
        }
        let (text, top) = (escaped(&text), y - 10.0);
        let _ = writeln!(body, "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"10\" height=\"10\" fill=\"{fill}\"/>");
        let _ = writeln!(body, "<text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"12\">{text}</text>", x + 15.0);
        x += width;
    }
    y + 14.0
}

fn figures(main: &Measured) -> Vec<(&'static str, Spread)> {
    let found = &main.measurement;
    let all = [
        ("Offer to answer", found.set_up.answer_ms),
        ("Offer to connected", found.set_up.connected_ms),
        ("Frame lateness", found.downlink.lateness_ms),
        ("Delay up", found.delay.up_ms),
        ("Delay down", found.delay.down_ms),
        ("Round trip", found.delay.round_trip_ms),
    ];
    all.into_iter().filter(|(_, spread)| spread.count > 0).collect()
}

/// A line from the median to the 99th percentile for each figure, on one scale.
fn delays(body: &mut String, main: &Measured, y: f64) -> f64 {
    let rows = figures(main);
    let most = rows.iter().filter_map(|(_, spread)| spread.p99).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH - LEFT - 2.0 * RIGHT) / most;
    heading(body, "Milliseconds: median (circle), 95th percentile (bar), 99th percentile (end)", y);
    let mut y = y + 22.0;
    for (name, spread) in rows {
        let (Some(p50), Some(p95), Some(p99)) = (spread.p50, spread.p95, spread.p99) else { continue };
        let [a, b, c] = [p50, p95, p99].map(|ms| LEFT + ms * scale);
        label(body, name, y + 4.0);
        let _ = writeln!(
            body,
            "<line x1=\"{a:.1}\" y1=\"{y:.1}\" x2=\"{c:.1}\" y2=\"{y:.1}\" stroke=\"#0072b2\" stroke-width=\"3\"/>\
             <circle cx=\"{a:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"#0072b2\"/>\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"3\" height=\"14\" fill=\"#0072b2\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\">{p50:.1} / {p95:.1} / {p99:.1}</text>",
            b - 1.5,
            y - 7.0,
            c + 10.0,
            y + 4.0
        );
        y += 24.0;
    }
    y + 16.0
}

/// CPU by the number of sessions: filled where it was in real time.
fn sessions(body: &mut String, report: &Report, y: f64) -> f64 {
    let point = |measured: &Measured| {
        let cpu = measured.measurement.cpu.as_ref().map_or(0.0, |cpu| cpu.ms_per_session_second);
        (measured.measurement.sessions as f64, cpu, measured.measurement.real_time.holds)
    };
    let points: Vec<(f64, f64, bool)> = report.measurements.iter().map(point).collect();
    let most = |pick: fn(&(f64, f64, bool)) -> f64| points.iter().map(pick).fold(f64::MIN_POSITIVE, f64::max);
    let (x_scale, y_scale) = ((WIDTH - LEFT - RIGHT) / most(|point| point.0), 140.0 / most(|point| point.1));
    heading(body, "CPU by number of sessions: filled circles were in real time", y);
    let bottom = y + 172.0;
    let _ = writeln!(
        body,
        "<line x1=\"{LEFT}\" y1=\"{bottom:.1}\" x2=\"{:.1}\" y2=\"{bottom:.1}\" stroke=\"#666666\"/>",
        WIDTH - RIGHT
    );
    for (sessions, ms, holds) in points {
        let (x, y) = (LEFT + sessions * x_scale, bottom - ms * y_scale);
        let fill = if holds { "#0072b2" } else { "#ffffff" };
        let _ = writeln!(
            body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{fill}\" stroke=\"#0072b2\" stroke-width=\"2\">\
             <title>{sessions:.0} sessions: {ms:.2} ms</title></circle>\
             <text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\">{ms:.1}</text>\
             <text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" text-anchor=\"middle\">{sessions:.0}</text>",
            y - 11.0,
            bottom + 16.0
        );
    }
    bottom + 30.0
}

fn heading(body: &mut String, text: &str, y: f64) {
    let text = escaped(text);
    let _ = writeln!(body, "<text x=\"20\" y=\"{y:.1}\" font-weight=\"600\">{text}</text>");
}

fn label(body: &mut String, text: &str, y: f64) {
    let (text, x) = (escaped(text), LEFT - 10.0);
    let _ = writeln!(body, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
