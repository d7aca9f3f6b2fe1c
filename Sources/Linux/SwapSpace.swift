/// Where the kernel writes memory that it has no room for (proc(5), /proc/swaps).
public enum SwapSpace {
    /// The files and devices of that table that are on a disk: what zram holds stays in memory.
    public static func onDisk(_ table: String) -> [String] {
        table.utf8.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
            line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.first
        }.filter { !$0.starts(with: "/dev/zram".utf8) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether memory that no file backs may get onto a disk.
    ///
    /// - Parameter table: The text of /proc/swaps; nil when it could not be read, then there may be some.
    public static func mayBeOnDisk(_ table: [UInt8]?) -> Bool {
        guard let table else { return true }
        return !onDisk(String(decoding: table, as: UTF8.self)).isEmpty
    }
}
