//! A picture of the times over the load, as SVG. Both axes are logarithmic.

use std::fmt::Write;

use super::load::Calls;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;

/// What is drawn: its name, its colour, its dashes, and where it is found.
type Curve = (&'static str, &'static str, &'static str, fn(&Calls) -> f64);

const CURVES: [Curve; 4] = [
    ("key to voice, p99", "#b3261e", "", |calls| calls.together.p99),
    ("key to voice, median", "#b3261e", "5 4", |calls| calls.together.median),
    ("a webhook, p99", "#1a56b0", "", |calls| calls.latency.p99),
    ("a webhook, median", "#1a56b0", "5 4", |calls| calls.latency.median),
];

/// Where a figure lies between two others, by its logarithm.
fn part(value: f64, (least, most): (f64, f64)) -> f64 {
    ((value / least).ln() / (most / least).ln()).clamp(0.0, 1.0)
}

/// The picture.
pub(super) fn draw(points: &[(usize, Calls)]) -> String {
    let loads = (1.0, points.last().map_or(2.0, |(calls, _)| *calls as f64).max(2.0));
    let values = || points.iter().flat_map(|(_, calls)| CURVES.map(|(.., of)| of(calls))).filter(|value| *value > 0.0);
    let least = 10_f64.powf(values().fold(1.0, f64::min).log10().floor());
    let times = (least, 10_f64.powf(values().fold(least * 10.0, f64::max).log10().ceil()));
    let x = |load: f64| LEFT + part(load, loads) * (WIDTH - LEFT - RIGHT);
    let y = |time: f64| HEIGHT - BOTTOM - part(time, times) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\" role=\"img\">\n<title>Times over the number of calls in flight</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"16\">Milliseconds, over calls in flight</text>\n"
    );
    let mut line = |text: String| writeln!(svg, "{text}").expect("a String takes everything");
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for tick in
        std::iter::successors(Some(times.0), |time| Some(time * 10.0)).take_while(|time| *time <= times.1 * 1.01)
    {
        let at = y(tick);
        line(format!("<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#ddd\"/>"));
        line(format!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>", LEFT - 8.0, at + 4.0));
    }
    for (calls, load) in points {
        let at = x(*calls as f64);
        line(format!("<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{calls}</text>", bottom + 20.0));
        let rate = format!("{:.0}/s", load.a_second());
        line(format!("<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{rate}</text>", bottom + 38.0));
    }
    for (number, (name, colour, dashes, of)) in CURVES.into_iter().enumerate() {
        let path: Vec<_> =
            points.iter().map(|(calls, load)| format!("{:.1} {:.1}", x(*calls as f64), y(of(load)))).collect();
        line(format!(
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
            path.join("L")
        ));
        let key = TOP + 20.0 * number as f64;
        line(format!(
            "<path d=\"M{} {key}h24\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
            right + 14.0
        ));
        line(format!("<text x=\"{}\" y=\"{}\">{name}</text>", right + 44.0, key + 4.0));
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::super::seen::Spread;
    use super::*;

    fn load(p99: f64) -> Calls {
        let times = Spread { count: 1, median: 1.0, p99, most: p99 };
        Calls {
            made: 100,
            calls: 100,
            seconds: 1.0,
            webhooks: 0,
            requests: 0,
            stranded: 0,
            wrong: 0,
            together: times,
            latency: times,
            cpu_seconds: None,
            peak_kib: None,
            database_bytes: None,
            webhooks_a_commit: None,
        }
    }

    #[test]
    fn more_is_higher_and_further_to_the_right() {
        let svg = draw(&[(1, load(10.0)), (100, load(100.0))]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        // From the lower left, by the whole height of a decade, to the upper right.
        assert!(svg.contains("<path d=\"M70.0 215.0L550.0 50.0\""), "{svg}");
        assert!(svg.contains(">100/s</text>"));
    }
}
