import CLinux
import Contract
import Linux

/// A folder of ours alone, that goes with this value, and also when we are killed: it may hold a copy of the project.
final class TemporaryFolder {
    let path: String
    /// Removes it as soon as its input ends, which is open as long as we are there.
    private let remover: pid_t
    private let input: Int32

    private static let removal = "read -r line; rm -rf -- \"$0\""

    init() throws(Failure) {
        var name = Array("\(environmentValue("TMPDIR") ?? "/tmp")/tazpod-build.XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Failure(.provider, SystemError.last("make a temporary folder")) }
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(SystemError) {
            let pipe = try Pipe()
            let command = HostCommand(arguments: ["sh", "-c", TemporaryFolder.removal, path])
            var plan = SpawnPlan(command.arguments, environment: command.variables.map { [UInt8]("\($0.key)=\($0.value)".utf8) })
            plan.descriptors = .only([pipe.reading.raw, STDERR_FILENO, STDERR_FILENO])
            // Ctrl-C is for us.
            plan.group = .session
            remover = try spawn(plan)
            input = pipe.keepWriting().release()
        } catch {
            rmdir(path)
            throw Failure(.provider, error)
        }
        self.path = path
    }

    deinit {
        close(input)
        _ = try? HostCommand.end(of: remover)
    }

    func write(_ text: String, as name: String) throws(Failure) {
        try failing(.provider) { () throws(SystemError) in
            try Descriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644, stage: "write \(name)")
                .write(text, stage: "write \(name)")
        }
    }
}
