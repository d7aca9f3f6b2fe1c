import CLinux
import Contract
import Linux

@main
enum TazpodInit {
    static func main() {
        let arguments = strings(of: clinux_argv(), from: 1)
        do {
            exit(try run(Invocation.parse(arguments, environment: InitEnvironment.current)))
        } catch {
            log(error.sentence)
            exit(error.status)
        }
    }

    private static func run(_ invocation: Invocation) throws(InitFailure) -> Int32 {
        switch invocation {
        case .help:
            printToOutput(Usage.help)
            return 0
        case .version:
            printToOutput(Usage.version)
            return 0
        case .license:
            printToOutput(Usage.license)
            return 0
        case .run(let options): return try RunCommand(options).run()
        case .supervise: return try Supervisor.run()
        case .probe(let kind, let seconds): return Probe.run(kind, seconds: seconds)
        case .ensureSession(let name): return Probe.ensureSession(name)
        }
    }

    private static func printToOutput(_ text: String) {
        var bytes = [UInt8](text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
