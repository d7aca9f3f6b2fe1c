import CLinux
import Contract
import Linux

@main
enum TazpodInit {
    static func main() {
        let arguments = strings(of: clinux_argv(), from: 1)
        let machine = Machine.prepare()
        var status: Int32
        do {
            status = try run(Invocation.parse(arguments, environment: InitEnvironment.current), machine)
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

    private static func run(_ invocation: Invocation, _ machine: Machine?) throws(InitFailure) -> Int32 {
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
        case .supervise: return try Supervisor.run(machine)
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
