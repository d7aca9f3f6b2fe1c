import CLinux
import Contract
import Linux

/// A tool of e2fsprogs at work. It runs as root with the one capability that does no harm, so that a root process of the pod that has
/// none cannot trace it and take the device (ptrace(2) asks for all of a target's).
struct RunningTool: ~Copyable {
    private let name: String
    private let pid: pid_t
    private let output: Descriptor

    private static let next = "install e2fsprogs in the pod's image"

    /// Starts it, with the device as its descriptor 3.
    static func start(_ arguments: [String], on device: borrowing Descriptor) throws(Failure) -> RunningTool {
        try failing(.provider, next: RunningTool.next) { () throws(SystemError) in
            let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
            let pipe = try Pipe()
            // A hole means "never written" to a vault, so zeroes that are meant have to be written as such.
            let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin:\(PodPaths.bundle)/bin", "LC_ALL=C", "UNIX_IO_NOZEROOUT=1"]
            var plan = SpawnPlan(arguments, environment: environment.map { [UInt8]($0.utf8) })
            plan.descriptors = .only([null.raw, pipe.writing.raw, pipe.writing.raw, device.raw])
            plan.group = .session
            plan.privileges = .only(UInt(Capability.setPCap))
            let pid = try spawn(plan)
            return RunningTool(name: arguments[0], pid: pid, output: pipe.keepReading())
        }
    }

    /// Waits for its end.
    consuming func end() throws(Failure) -> ToolResult {
        try failing(.provider, next: RunningTool.next) { () throws(SystemError) in
            let said = try output.readAll(limit: 1 << 20, stage: "read what \(name) says")
            var status: Int32 = 0
            try retrying("wait for \(name)") { waitpid(pid, &status, 0) }
            return ToolResult(status: exitStatus(status), output: String(decoding: said, as: UTF8.self))
        }
    }
}

/// How a tool ended, and what it said.
struct ToolResult {
    var status: Int32
    var output: String

    /// The line that says what is wrong, without the name that we gave the device; the last one when none stands out.
    var complaint: String {
        let lines = output.split(separator: "\n")
        let line =
            lines.first { $0.contains("UNEXPECTED INCONSISTENCY") } ?? lines.first { $0.hasSuffix("? no") } ?? lines.last
            ?? "it said nothing"
        return String(line.trimmingPrefix("/proc/self/fd/3: "))
    }
}
