import CLinux
import Linux

/// A short-lived program that init runs as the workspace user, to read its output.
final class Job {
    enum Purpose {
        case startSession(session: UInt32)
        case endSession(Name, client: UInt32)
        case listSessions(client: UInt32)
        /// `ready = exec`.
        case readiness(service: UInt32)
    }

    static let longestMilliseconds: Int64 = 10_000
    static let longestOutput = 64 * 1024

    let pid: pid_t
    let purpose: Purpose
    let outputPipe: Descriptor
    var output: [UInt8] = []
    var outputEnded = false
    /// As a shell gives it; nil while it runs.
    var exitStatus: Int32?

    init(pid: pid_t, purpose: Purpose, outputPipe: consuming Descriptor) {
        self.pid = pid
        self.purpose = purpose
        self.outputPipe = outputPipe
    }
}
