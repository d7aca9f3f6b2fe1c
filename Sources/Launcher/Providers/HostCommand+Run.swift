import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging
import Subprocess
import SystemPackage

/// What a command that was run to its end said.
struct CommandOutput: Sendable {
    var status: Int32
    var output: String
    var errors: String

    /// The last line on standard error: where tools put what went wrong, podman after a word of its own, docker also before a line
    /// that names its help.
    var complaint: String {
        let last = errors.split(separator: "\n").last { !$0.hasPrefix("Run 'docker ") && !$0.hasPrefix("See 'docker ") }
        return last.map { String($0.trimmingPrefix("docker: ").trimmingPrefix("Error: ")) } ?? "it said nothing"
    }
}

extension HostCommand {
    private static let outputLimit = 16 << 20
    private static let longestSeconds = 24 * 3600

    /// Runs it to its end, without a terminal.
    ///
    /// - Throws: code 4 when the program is not there.
    func run(log: Logger) async throws -> CommandOutput {
        // Subprocess starts it on another thread.
        if joinsPod { return try run(seconds: HostCommand.longestSeconds, log: log) }
        log.debug("running \(description)")
        do {
            let result = try await Subprocess.run(
                executable, arguments: Arguments(Array(arguments.dropFirst())), environment: subprocessEnvironment,
                input: .none, output: .string(limit: HostCommand.outputLimit),
                error: .string(limit: HostCommand.outputLimit))
            return CommandOutput(
                status: result.terminationStatus.shellStatus, output: result.standardOutput, errors: result.standardError)
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw Failure(.provider, "there is no \(arguments[0]) on this machine; install it, or choose another provider")
        }
    }

    /// Found here and now: looking for it by trying to start it in each folder of PATH costs a fork for each.
    private var executable: Executable {
        path.map { .path(FilePath($0)) } ?? .name(arguments[0])
    }

    private var path: String? {
        let folders = variables["PATH"]?.split(separator: ":") ?? []
        return folders.lazy.map { "\($0)/\(arguments[0])" }.first { access($0, X_OK) == 0 }
    }

    var isInstalled: Bool { path != nil }

    /// Runs it to its end with our own output, or another, and `standardInput` as its input.
    func runAttached(
        standardInput: borrowing Descriptor, standardOutput: Int32 = STDOUT_FILENO, log: Logger
    ) throws(Failure) -> Int32 {
        log.debug("running \(description)")
        var plan = SpawnPlan(arguments, environment: variables.map { [UInt8]("\($0.key)=\($0.value)".utf8) })
        plan.signalMask = InheritedSignals.mask
        plan.descriptors = .only([standardInput.raw, standardOutput, STDERR_FILENO])
        return try failing(.provider, next: "install it, or choose another provider") { () throws(SystemError) in
            if joinsPod { try SessionKeyring.leave() }
            let pid = try spawn(plan)
            var status: Int32 = 0
            try retrying("wait for \(arguments[0])") { waitpid(pid, &status, 0) }
            return exitStatus(status)
        }
    }

    var variables: [String: String] {
        (onlyEnvironment ?? ProcessInfo.processInfo.environment).merging(environment) { $1 }
    }

    /// Becomes it: no process of ours stays between the terminal and the pod (execve(2)).
    func become(log: Logger) throws -> Never {
        log.debug("becoming \(description)")
        let words = CStringArray(arguments)
        let list = CStringArray(variables.map { "\($0.key)=\($0.value)" })
        try failing(.provider) { () throws(SystemError) in
            if joinsPod { try SessionKeyring.leave() }
            try InheritedSignals.mask.setAsMask()
        }
        clinux_exec(arguments[0], words.pointer, list.pointer)
        throw Failure(.provider, SystemError.last("run \(arguments[0])"), next: "install it, or choose another provider")
    }

    private var subprocessEnvironment: Subprocess.Environment {
        var values: [Subprocess.Environment.Key: String] = [:]
        for (name, value) in variables { values[.init(stringLiteral: name)] = value }
        return .custom(values)
    }

    /// As a person would type it; secrets are never among the arguments.
    var description: String {
        arguments.map { word in
            let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,@%+".contains($0) } && !word.isEmpty
            return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
        }
        .joined(separator: " ")
    }
}

extension TerminationStatus {
    fileprivate var shellStatus: Int32 {
        switch self {
        case .exited(let code): Int32(code)
        case .signaled(let signal): 128 + Int32(signal)
        }
    }
}
