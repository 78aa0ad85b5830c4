//! The project's own rules, checked over every file git knows: headers, leftovers, spaces, licences, sources, presets.
//! Source: STYLE 3.3. In/out: all findings at once, `file:line: what`.

use crate::shell::{capture, cargo, command, flag, root};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;

/// Licences a dependency may have; an expression passes when one of its alternatives consists of these.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OFL-1.1",
    "LicenseRef-UFL-1.0",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
    "Apache-2.0 WITH LLVM-exception",
];

/// Words that mean "not finished", written so that this file does not contain them.
const LEFTOVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimple", "mented!("),
    concat!("dbg", "!("),
    concat!("#[ig", "nore"),
    concat!("#[should", "_panic"),
];

/// Runs all checks and prints that they held.
pub fn run(arguments: &[String]) -> Result<()> {
    flag(arguments, "", &[])?;
    check()?;
    println!("tidy");
    Ok(())
}

/// Runs all checks.
pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for path in tracked()? {
        file(&path, &mut findings)?;
    }
    licences(&mut findings)?;
    sources(&mut findings)?;
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    bail!("{} findings", findings.len())
}

/// Every file of the project, as git lists it: also those not committed yet, not those ignored.
fn tracked() -> Result<Vec<String>> {
    let mut git = command("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let list = capture(git).context("tidy asks git for the list of files")?;
    let exists = |path: &&str| root().join(path).is_file();
    Ok(list.lines().filter(exists).map(str::to_owned).collect())
}

fn file(path: &str, findings: &mut Vec<String>) -> Result<()> {
    let bytes = fs::read(root().join(path)).with_context(|| path.to_owned())?;
    if bytes.len() > 4 << 20 {
        findings.push(format!("{path}: larger than 4 MiB"));
    }
    let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
    let rust = path.ends_with(".rs");
    if rust && !text.starts_with("//!") {
        findings.push(format!("{path}:1: the first line must be a `//!` header"));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(format!("{path}: no line end at the end"));
    }
    let here = root().display().to_string();
    for (index, line) in text.lines().enumerate() {
        let mut find = |what: &str| findings.push(format!("{path}:{}: {what}", index + 1));
        if line.ends_with([' ', '\t']) && !path.ends_with(".md") {
            find("space at the end of the line");
        }
        if line.ends_with('\r') {
            find("carriage return");
        }
        if rust && LEFTOVERS.iter().any(|word| line.contains(word)) {
            find("a leftover");
        }
        if line.contains(&here)
            || line.contains(concat!("/ro", "ot/"))
            || line.contains(concat!("/ho", "me/"))
        {
            find("a path of one machine");
        }
    }
    let pure = ["engine/src/compose/", "engine/src/theory/"].iter().any(|folder| path.starts_with(folder));
    if pure && text.contains("unsafe ") {
        findings.push(format!("{path}: no unsafe code in the composer"));
    }
    Ok(())
}

/// Every dependency's licence is one we may pass on.
fn licences(findings: &mut Vec<String>) -> Result<()> {
    let text = capture(cargo(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let expression = package["license"].as_str().unwrap_or("none given");
        if !permissive(expression) {
            findings.push(format!("dependency {}: licence \"{expression}\"", package["name"]));
        }
    }
    Ok(())
}

/// True when an alternative of the expression consists of licences in [`LICENCES`]. Reads the forms crates use: `OR`, `AND`,
/// the old `/`, and one level of brackets.
fn permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    if let Some((before, inside, after)) = brackets(&expression) {
        let inner = if permissive(inside) { "MIT" } else { "none" };
        return permissive(&format!("{before} {inner} {after}"));
    }
    expression
        .split(" OR ")
        .any(|alternative| alternative.split(" AND ").all(|licence| LICENCES.contains(&licence.trim())))
}

fn brackets(expression: &str) -> Option<(&str, &str, &str)> {
    let end = expression.find(')')?;
    let start = expression[..end].rfind('(')?;
    Some((&expression[..start], &expression[start + 1..end], &expression[end + 1..]))
}

/// Every key a comment or the instrument table cites stands in docs/SOURCES.md.
fn sources(findings: &mut Vec<String>) -> Result<()> {
    let book = fs::read_to_string(root().join("docs/SOURCES.md")).context("docs/SOURCES.md")?;
    let known: BTreeSet<&str> =
        book.lines().filter_map(|line| line.strip_prefix("### ")).flat_map(key).collect();
    for path in tracked()?.iter().filter(|path| path.ends_with(".rs")) {
        let text = fs::read_to_string(root().join(path))?;
        for (index, line) in text.lines().enumerate() {
            for cited in citations(line).filter(|cited| !stands(&known, cited)) {
                findings.push(format!("{path}:{}: {cited} does not stand in docs/SOURCES.md", index + 1));
            }
        }
    }
    for row in cuewright_engine::instrument::INSTRUMENTS {
        let cited = row.source.split([',', ';']).next().unwrap_or_default().trim();
        if cited != "own" && citations(cited).next().is_none() && !book.contains(cited) {
            findings
                .push(format!("instrument {}: source \"{cited}\" does not stand in docs/SOURCES.md", row.id));
        }
    }
    Ok(())
}

/// True for a key of the book, also as a part of one: "DESIGN 6.4" stands in "DESIGN 6".
fn stands(known: &BTreeSet<&str>, cited: &str) -> bool {
    known.contains(cited) || cited.rsplit_once('.').is_some_and(|(parent, _)| known.contains(parent))
}

/// The key a heading opens with: "MUSIC 2.6", "DESIGN 5".
fn key(heading: &str) -> Option<&str> {
    let end = heading.match_indices(' ').nth(1).map_or(heading.len(), |(at, _)| at);
    Some(heading[..end].trim_end_matches([':', '.']))
}

/// Keys of the design notes in a line: a note's name and a number.
fn citations(line: &str) -> impl Iterator<Item = String> + '_ {
    ["MUSIC", "DESIGN", "PLATFORM", "PERFORMANCE", "DELIVERY", "STYLE"].into_iter().flat_map(move |note| {
        line.match_indices(note).filter_map(move |(at, _)| {
            let rest = line[at + note.len()..].strip_prefix(' ')?;
            let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let number = number.trim_end_matches('.');
            (!number.is_empty()).then(|| format!("{note} {number}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_expressions_are_read() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "MIT AND (MPL-2.0 OR ISC)",
        ] {
            assert!(permissive(good), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND LGPL-2.1", "(MPL-2.0 OR GPL-2.0) AND MIT", "none given"] {
            assert!(!permissive(bad), "{bad}");
        }
    }

    #[test]
    fn citations_are_found() {
        let line = concat!("//! Source: MU", "SIC 2.6, DES", "IGN 5. Not MUSIC alone.");
        assert_eq!(citations(line).collect::<Vec<_>>(), [concat!("MU", "SIC 2.6"), concat!("DES", "IGN 5")]);
        assert_eq!(key("Key 2.6 voice leading"), Some("Key 2.6"));
    }
}
