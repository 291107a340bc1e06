//! What this process costs, under the names that Prometheus clients share (procfs; nothing is told elsewhere).

use std::fs;

/// Clock ticks a second in `/proc/self/stat`: fixed by Linux's user interface.
const TICKS_PER_S: f64 = 100.0;

/// Sets the gauges to what is so now.
pub fn publish() {
    if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu_seconds(&stat)) {
        metrics::gauge!("process_cpu_seconds_total").set(seconds);
    }
    if let Some(bytes) = resident() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes);
    }
}

/// Memory of this process, in bytes.
pub(super) fn resident() -> Option<f64> {
    resident_bytes(&fs::read_to_string("/proc/self/status").ok()?)
}

/// User and system time: fields 14 and 15. The name before them may hold anything but ends with the last bracket.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) as f64 / TICKS_PER_S)
}

fn resident_bytes(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib * 1_024) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_of_a_process_is_read() {
        let stat = "12 (a ) b) S 1 12 12 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 5 0 100 1000 200 0";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(resident_bytes("Name:\tviva\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
        assert_eq!((cpu_seconds("12 (viva"), resident_bytes("VmRSS: many")), (None, None));
    }
}
