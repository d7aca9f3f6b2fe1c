import CLinux

/// A LISTEN_PID variable of sd_listen_fds(3), with room for the number of a process that does not exist yet.
struct ListenPID {
    private static let name = [UInt8]("LISTEN_PID=".utf8)
    private static let longestNumber = 10

    private let index: Int
    private let text: UnsafeMutableBufferPointer<CChar>

    /// - Returns: nil unless `environment` has the variable and it names `pid`.
    init?(in environment: [[UInt8]], naming pid: pid_t) {
        let wanted = ListenPID.name + Array(String(pid).utf8)
        guard let index = environment.firstIndex(where: { $0.elementsEqual(wanted) }) else { return nil }
        self.index = index
        text = .allocate(capacity: ListenPID.name.count + ListenPID.longestNumber + 1)
        text.initialize(repeating: 0)
        for (offset, byte) in ListenPID.name.enumerated() { text[offset] = CChar(bitPattern: byte) }
    }

    func deallocate() {
        text.deallocate()
    }

    /// Puts `pid` in place of the old number. Runs between fork and exec, so it does not allocate.
    func write(_ pid: pid_t, into environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) {
        var divisor: pid_t = 1
        while pid / divisor >= 10 { divisor *= 10 }
        var offset = text.count - ListenPID.longestNumber - 1
        while divisor > 0 {
            text[offset] = CChar(truncatingIfNeeded: 48 + pid / divisor % 10)
            offset += 1
            divisor /= 10
        }
        environment[index] = text.baseAddress
    }
}
