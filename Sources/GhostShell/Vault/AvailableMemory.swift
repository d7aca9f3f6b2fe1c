import CLinux
import Linux

/// How much memory this pod could still take before the kernel kills something of it.
enum AvailableMemory {
    /// In KiB: the least of what the machine has free and what each cgroup's limit leaves (cgroups(7), version 2 and 1).
    static func kibibytes() -> UInt64 {
        let machine = meminfo((try? readFile("/proc/meminfo", stage: "read /proc/meminfo")) ?? [])
        let groups = [
            remaining(
                limit: "/sys/fs/cgroup/memory.max", usage: "/sys/fs/cgroup/memory.current",
                statistics: "/sys/fs/cgroup/memory.stat", cacheLine: "inactive_file "),
            remaining(
                limit: "/sys/fs/cgroup/memory/memory.limit_in_bytes", usage: "/sys/fs/cgroup/memory/memory.usage_in_bytes",
                statistics: "/sys/fs/cgroup/memory/memory.stat", cacheLine: "total_inactive_file "),
        ].compactMap { $0 }
        return groups.reduce(machine ?? UInt64.max) { min($0, $1) }
    }

    private static func remaining(limit: String, usage: String, statistics: String, cacheLine: String) -> UInt64? {
        let text = (try? readFile(statistics, stage: "read \(statistics)")) ?? []
        return remaining(limit: number(in: limit), usage: number(in: usage), cache: number(after: cacheLine, in: text) ?? 0)
    }

    /// `MemAvailable` of proc_meminfo(5).
    static func meminfo(_ text: [UInt8]) -> UInt64? {
        number(after: "MemAvailable:", in: text)
    }

    /// KiB left under a limit, all given in bytes; nil without a limit (`max` is not a number). The kernel gives up page
    /// cache before it kills, so that does not count as used.
    static func remaining(limit: UInt64?, usage: UInt64?, cache: UInt64) -> UInt64? {
        guard let limit, let usage else { return nil }
        let held = usage > cache ? usage - cache : 0
        return limit > held ? (limit - held) / 1024 : 0
    }

    /// The digits of the line that starts with `prefix`.
    private static func number(after prefix: String, in text: [UInt8]) -> UInt64? {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: prefix.utf8) {
            let digits = line.dropFirst(prefix.utf8.count).filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            return UInt64(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }

    private static func number(in path: String) -> UInt64? {
        guard let bytes = try? readFile(path, stage: "read \(path)") else { return nil }
        return UInt64(String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
