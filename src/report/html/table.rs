//! HTML tables that scroll inside their own box. Every text is escaped here, so that callers cannot forget it.

use super::super::charts::escape;

/// One cell; built by the functions below.
pub struct Cell {
    text: String,
    title: Option<String>,
    class: &'static str,
}

pub fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), title: None, class: "" }
}

pub fn figure(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), title: None, class: "n" }
}

/// A figure that is not shown, and why.
pub fn dash(why: impl Into<String>) -> Cell {
    Cell { text: "–".to_owned(), title: Some(why.into()), class: "n dash" }
}

impl Cell {
    pub fn class(self, class: &'static str) -> Cell {
        Cell { class, ..self }
    }

    pub fn titled(self, title: impl Into<String>) -> Cell {
        Cell { title: Some(title.into()), ..self }
    }

    fn html(&self, tag: &str) -> String {
        let class = if self.class.is_empty() { String::new() } else { format!(" class=\"{}\"", self.class) };
        let title = self.title.as_ref().map(|title| format!(" title=\"{}\"", escape(title))).unwrap_or_default();
        format!("<{tag}{class}{title}>{}</{tag}>", escape(&self.text))
    }
}

/// `caption` is for those who hear the page.
pub fn table(caption: &str, head: &[&str], rows: &[Vec<Cell>]) -> String {
    let head: String = head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
    let mut body = String::new();
    for row in rows {
        let cells: String = row.iter().map(|cell| cell.html("td")).collect();
        body += &format!("<tr>{cells}</tr>\n");
    }
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table><caption>{}</caption><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n",
        escape(caption)
    )
}

/// A table that is opened on demand.
pub fn folded(summary: &str, head: &[&str], rows: &[Vec<Cell>]) -> String {
    format!("<details><summary>{}</summary>\n{}</details>\n", escape(summary), table(summary, head, rows))
}
