//! What processes there are, and what memory they take (Linux).

use std::fs;

/// A process and all that it started.
pub fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        let children = format!("/proc/{parent}/task/{parent}/children");
        // Web processes are started by threads other than the first one, too.
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let files = tasks.map(|task| task.path().join("children"));
        for file in files.chain([children.into()]) {
            let text = fs::read_to_string(file).unwrap_or_default();
            for child in text.split_whitespace().filter_map(|word| word.parse().ok()) {
                if !found.contains(&child) {
                    found.push(child);
                }
            }
        }
    }
    found
}

/// Its share of the memory (`Pss`), KiB; `None` once it has ended.
pub fn pss_kib(process: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.split_whitespace().next()?.parse().ok()
}
