//! A page as a list of blocks, written as Markdown or as HTML. What the blocks say is none of its business; every text is escaped here.

use super::charts::{Chart, escape};
use super::html;
use std::fmt::Write;

pub struct Page {
    pub title: String,
    pub blocks: Vec<Block>,
}

pub enum Block {
    Heading(u8, String),
    Text(String),
    List(Vec<String>),
    /// Boxes to tick.
    Tasks(Vec<String>),
    /// Its head, and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Only pages can show it; Markdown says that it is there.
    Picture(Chart),
}

impl Page {
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            // Writing to a string cannot fail.
            let _ = match block {
                Block::Heading(level, heading) => {
                    writeln!(text, "{} {}", "#".repeat(usize::from(*level)), plain(heading))
                }
                Block::Text(words) => writeln!(text, "{}", plain(words)),
                Block::List(items) => items.iter().try_for_each(|item| writeln!(text, "- {}", plain(item))),
                Block::Tasks(items) => items.iter().try_for_each(|item| writeln!(text, "- [ ] {}", plain(item))),
                Block::Table(head, rows) => table(&mut text, head, rows),
                Block::Picture(chart) => writeln!(text, "*(The picture is in report.html. {})*", plain(&chart.note)),
            };
            text.push('\n');
        }
        text.trim_end().to_owned() + "\n"
    }

    pub fn html(&self) -> String {
        let body: String = self
            .blocks
            .iter()
            .map(|block| match block {
                Block::Heading(level, heading) => format!("<h{level}>{}</h{level}>\n", escape(heading)),
                Block::Text(words) => format!("<p>{}</p>\n", escape(words)),
                Block::List(items) => format!(
                    "<ul>{}</ul>\n",
                    items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect::<String>()
                ),
                Block::Tasks(items) => {
                    let item =
                        |item: &String| format!("<li><label><input type=\"checkbox\"/> {}</label></li>", escape(item));
                    format!("<ul>{}</ul>\n", items.iter().map(item).collect::<String>())
                }
                Block::Table(head, rows) => html_table(head, rows),
                Block::Picture(chart) => html::framed(chart),
            })
            .collect();
        let footer = concat!("<footer>firedrill ", env!("CARGO_PKG_VERSION"), "</footer>\n");
        html::document(&self.title, "h2,h3{margin-top:1.6em}", &format!("<main>\n{body}</main>\n{footer}"))
    }
}

fn html_table(head: &[String], rows: &[Vec<String>]) -> String {
    let row = |cells: &[String], tag: &str| -> String {
        format!(
            "<tr>{}</tr>\n",
            cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect::<String>()
        )
    };
    let head =
        if head.iter().all(String::is_empty) { String::new() } else { format!("<thead>{}</thead>\n", row(head, "th")) };
    let rows: String = rows.iter().map(|cells| row(cells, "td")).collect();
    format!("<div class=\"scroll\" tabindex=\"0\"><table>{head}<tbody>\n{rows}</tbody></table></div>\n")
}

fn table(text: &mut String, head: &[String], rows: &[Vec<String>]) -> std::fmt::Result {
    let line = |cells: &[String]| -> String {
        cells.iter().map(|cell| format!("| {} ", plain(cell).replace('|', "\\|"))).collect()
    };
    writeln!(text, "{}|\n{}|", line(head), "|---".repeat(head.len()))?;
    rows.iter().try_for_each(|row| writeln!(text, "{}|", line(row)))
}

/// On one line, and without what Markdown would take for a tag; between backticks it takes nothing for one.
fn plain(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_code = |index: usize| index % 2 == 1;
    let parts = line.split('`').enumerate();
    let shown = parts.map(|(index, part)| if is_code(index) { part.to_owned() } else { part.replace('<', "&lt;") });
    shown.collect::<Vec<_>>().join("`")
}
