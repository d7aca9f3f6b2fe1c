import CLinux
import Linux

/// How long nobody has typed on the terminals of an enclave. A terminal's access time is when a program last read from it, to 8
/// seconds (tty_update_time in the kernel's drivers/tty/tty_io.c); w(1) tells idle times by the same.
///
/// By the wall clock, which also goes on while the machine sleeps.
struct IdleTime {
    /// Shorter times than this the terminals cannot tell.
    static let leastSeconds: Int64 = 10

    /// Seconds.
    let limit: Int64
    private var begun = now

    /// How often it is looked at least: a wait does not go on while the machine sleeps.
    private static let longestWait: Int64 = 60

    init(limit: Int64) {
        self.limit = limit
    }

    /// Something was started, which is as good as typing.
    mutating func begin() {
        begun = IdleTime.now
    }

    var isOver: Bool { IdleTime.isOver(last: last, limit: limit) }

    /// How long to wait until it may be over, in milliseconds.
    var milliseconds: Int32 {
        let left = limit - (IdleTime.now - last)
        return Int32(clamping: max(min(left > 0 ? left : limit, IdleTime.longestWait), 1)) * 1000
    }

    /// When something was last typed on `terminal`, in seconds since 1970; nil when it is none.
    static func lastInput(_ terminal: Int32) -> Int64? {
        var status = stat()
        guard isatty(terminal) == 1, fstat(terminal, &status) == 0 else { return nil }
        return Int64(status.st_atim.tv_sec)
    }

    static func isOver(last: Int64, limit: Int64) -> Bool {
        now - last >= limit
    }

    private var last: Int64 {
        var last = begun
        for name in namesInFolder("/dev/pts") ?? [] {
            var status = stat()
            guard stat("/dev/pts/" + String(decoding: name, as: UTF8.self), &status) == 0 else { continue }
            // One that comes from the future says nothing.
            let time = Int64(status.st_atim.tv_sec)
            if time <= IdleTime.now { last = max(last, time) }
        }
        return last
    }

    private static var now: Int64 { Int64(time(nil)) }
}
