//! Plots as inline SVG: points with intervals, and a table of levels.

use viva_record::report::{Page, escape};

use crate::Figure;

/// A line of a plot.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) label: &'a str,
    pub(crate) figure: Figure,
}

/// What a plot shows beside its rows.
#[derive(Debug)]
pub(crate) struct Axis<'a> {
    /// For readers who do not see it.
    pub(crate) title: &'a str,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: &'a [f64],
    /// The range that passes, shaded.
    pub(crate) wanted: [f64; 2],
    pub(crate) decimals: usize,
}

const LEFT: f64 = 190.0;
const WIDTH: f64 = 440.0;
const ROW: f64 = 30.0;

/// One row per label: a dot at the value, a bar over the interval, the number and its n at the right.
pub(crate) fn points(page: &mut Page, axis: &Axis<'_>, rows: &[Row<'_>]) {
    let height = ROW * rows.len() as f64 + 34.0;
    let x =
        |value: f64| LEFT + WIDTH * ((value.clamp(axis.low, axis.high) - axis.low) / (axis.high - axis.low));
    page.raw(&format!(
        "<div class=\"scroll\"><svg class=\"plot\" viewBox=\"0 0 860 {height:.0}\" role=\"img\" aria-label=\"{}\">",
        escape(axis.title)
    ));
    let (from, to) = (x(axis.wanted[0]), x(axis.wanted[1]));
    let bottom = height - 26.0;
    page.raw(&format!(
        "<rect class=\"wanted\" x=\"{from:.1}\" y=\"0\" width=\"{:.1}\" height=\"{bottom:.1}\"/>",
        (to - from).max(1.0)
    ));
    for tick in axis.ticks {
        let at = x(*tick);
        page.raw(&format!("<path class=\"tick\" d=\"M{at:.1} 0V{bottom:.1}\"/><text class=\"tick-label\" x=\"{at:.1}\" y=\"{:.1}\">{tick:.*}</text>", bottom + 17.0, axis.decimals));
    }
    for (row, top) in rows.iter().zip((0..).map(|row| f64::from(row) * ROW)) {
        let middle = top + ROW / 2.0;
        page.raw(&format!("<text class=\"row-label\" x=\"{:.1}\" y=\"{:.1}\">", LEFT - 14.0, middle + 4.5));
        page.text(&shortened(row.label));
        page.raw("</text>");
        if let (Some(low), Some(high)) = (row.figure.low, row.figure.high) {
            page.raw(&format!("<path class=\"span\" d=\"M{:.1} {middle:.1}H{:.1}\"/>", x(low), x(high)));
        }
        if let Some(value) = row.figure.value {
            let inside = value >= axis.wanted[0] && value <= axis.wanted[1];
            let class = if inside { "dot" } else { "dot out" };
            page.raw(&format!(
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"5.5\"/>",
                x(value)
            ));
        }
        page.raw(&format!(
            "<text class=\"row-value\" x=\"{:.1}\" y=\"{:.1}\">",
            LEFT + WIDTH + 16.0,
            middle + 4.5
        ));
        page.text(&said(&row.figure, axis.decimals));
        page.raw("</text>");
    }
    page.raw("</svg></div>\n");
}

/// `0.73 [0.61, 0.82], n 120`.
pub(crate) fn said(figure: &Figure, decimals: usize) -> String {
    // No figure reads as minus nothing.
    let number = |value: f64| {
        let text = format!("{value:.decimals$}");
        if text.trim_start_matches(['-', '0', '.']).is_empty() { text.replace('-', "") } else { text }
    };
    let value = figure.value.map_or_else(|| "–".to_owned(), number);
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{value} [{}, {}], n {}", number(low), number(high), figure.n),
        _ => format!("{value}, n {}", figure.n),
    }
}

fn shortened(label: &str) -> String {
    const MOST: usize = 26;
    if label.chars().count() <= MOST {
        return label.to_owned();
    }
    label.chars().take(MOST - 1).chain(['…']).collect()
}

/// Human level by machine level, the cells shaded by count.
pub(crate) fn table(page: &mut Page, counts: &[Vec<u32>]) {
    let used: Vec<usize> = (0..counts.len())
        .filter(|level| counts[*level].iter().any(|n| *n > 0) || counts.iter().any(|row| row[*level] > 0))
        .collect();
    let most = f64::from(counts.iter().flatten().copied().max().unwrap_or(1).max(1));
    page.raw("<div class=\"scroll\"><table class=\"levels\"><caption>Rows: human level. Columns: machine level. Cells: pairs.</caption><thead><tr><th scope=\"col\">human \\ machine</th>");
    for level in &used {
        page.raw(&format!("<th scope=\"col\">{level}</th>"));
    }
    page.raw("</tr></thead><tbody>");
    for row in &used {
        page.raw(&format!("<tr><th scope=\"row\">{row}</th>"));
        for column in &used {
            let count = counts[*row][*column];
            let share = (f64::from(count) / most * 85.0).round();
            let class = if row == column { "same" } else { "apart" };
            page.raw(&format!("<td class=\"{class}\" style=\"--share:{share}%\">{count}</td>"));
        }
        page.raw("</tr>");
    }
    page.raw("</tbody></table></div>\n");
}
