/// Whether there is room for the vault, and for what pods write.
enum DiskCheck {
    /// A header, a journal and the file system's own tables.
    private static let leastForVault: UInt64 = 64 << 20
    private static let leastForPods: UInt64 = 256 << 20

    static func finding(_ disk: DiskFacts) -> Finding {
        let name = "disk \(disk.name)"
        let free = "\(Quantities.text(disk.freeBytes)) free at \(disk.path)"
        guard disk.isWritable else {
            return .missing(name, "\(disk.path) cannot be written", next: "give it to this user, or name another vault: path:")
        }
        guard let wanted = disk.wantedBytes else {
            return disk.freeBytes >= leastForPods
                ? .ok(name, free) : .warning(name, "only \(free), where pods are kept", next: "make room")
        }
        if wanted == 0 { return .ok(name, free) }
        if disk.freeBytes < min(wanted, leastForVault) {
            return .missing(name, "only \(free)", next: "make room for the vault, or name another vault: path:")
        }
        if disk.freeBytes < wanted {
            return .warning(
                name, "\(free), and the vault may grow by \(Quantities.text(wanted))",
                next: "make room, or its ghost finds it full early")
        }
        return .ok(name, "\(free), the vault may grow by \(Quantities.text(wanted))")
    }
}
