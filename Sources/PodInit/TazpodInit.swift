import CLinux
import Contract
import Linux

@main
enum TazpodInit {
    static func main() {
        let words = strings(of: clinux_argv())
        let dialect = Dialect.named(words.first ?? [])
        let machine = Machine.prepare()
        var status: Int32
        do {
            let environment = InitEnvironment.current(for: dialect)
            let invocation = try Invocation.parse(Array(words.dropFirst()), in: dialect, environment: environment)
            status = try run(invocation, dialect, machine)
        } catch {
            log(error.sentence)
            status = error.status
        }
        if let machine {
            log("ended with status \(status); switching the machine off")
            machine.end(.powerOff)
        }
        exit(status)
    }

    private static func run(
        _ invocation: Invocation, _ dialect: Dialect, _ machine: Machine?
    ) throws(InitFailure) -> Int32 {
        switch invocation {
        case .help: return printToOutput(Usage.help(dialect))
        case .version: return printToOutput(dialect.version)
        case .license: return printToOutput(Usage.license)
        case .run(let options): return try RunCommand(options).run()
        case .supervise: return try Supervisor.run(machine)
        case .probe(let kind, let seconds): return Probe.run(kind, seconds: seconds)
        case .ensureSession(let name): return Probe.ensureSession(name)
        }
    }

    /// - Returns: the exit status.
    private static func printToOutput(_ text: String) -> Int32 {
        var bytes = [UInt8](text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        return bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) } == bytes.count ? 0 : 1
    }
}
