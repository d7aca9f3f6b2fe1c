import CLinux

@testable import Linux

/// A child that was run to its end.
struct Finished {
    var status: Int32
    var output: String

    var lines: [String] { output.split(separator: "\n").map { String($0) } }

    /// The value of a line of proc_pid_status(5), if that is what was printed.
    func field(_ name: String) -> String? {
        lines.first { $0.hasPrefix("\(name):") }.map {
            $0.dropFirst(name.count + 1).split { $0 == " " || $0 == "\t" }.joined(separator: " ")
        }
    }
}

/// Where the tests' programs are.
let searchPath = [UInt8]("PATH=/usr/bin:/bin".utf8)

/// Runs `arguments` to their end, with `change` made to the plan; the child's descriptors are nothing, a pipe and our errors.
func run(_ arguments: [String], _ change: (inout SpawnPlan) -> Void = { _ in }) throws -> Finished {
    let null = try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
    let pipe = try Pipe()
    var plan = SpawnPlan(arguments, environment: [searchPath])
    plan.descriptors = .only([null.raw, pipe.writing.raw, STDERR_FILENO])
    change(&plan)
    let pid = try spawn(plan)
    let output = try pipe.keepReading().readAll(limit: 1 << 20, stage: "read the child's output")
    var status: Int32 = 0
    try retrying("wait for the child") { waitpid(pid, &status, 0) }
    return Finished(status: exitStatus(status), output: String(decoding: output, as: UTF8.self))
}

/// What a child prints of its own state.
func childStatus(_ change: (inout SpawnPlan) -> Void = { _ in }) throws -> Finished {
    try run(["cat", "/proc/self/status"], change)
}
