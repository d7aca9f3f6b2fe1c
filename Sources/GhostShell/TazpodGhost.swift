import CLinux
import Contract
import Linux

/// The root process behind an open vault. `tazpod-init` starts it, with a message socket as descriptor 3; it is not for the
/// command line.
@main
enum TazpodGhost {
    private static let commander: Int32 = 3

    static func main() {
        do throws(Failure) {
            try run()
        } catch {
            complain(error.sentence)
            exit(error.code.rawValue)
        }
    }

    private static func run() throws(Failure) {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--version" {
            print("tazpod-ghost \(tazpodVersion)")
            return
        }
        if arguments.first == "--try-drivers" { return try DriverTrial.main(Array(arguments.dropFirst())) }
        guard fcntlIsOpen(commander) else {
            throw Failure(.usage, "tazpod-ghost is started by tazpod-init; use tazpod unlock")
        }
        let socket = MessageSocket(owning: Descriptor(owning: commander))
        try Hardening.apply()
        Standby.wait(for: socket)
        let keeper = try Keeper(configuration: try GhostConfiguration.current(), commander: socket)
        keeper.loop()
    }

    private static func fcntlIsOpen(_ descriptor: Int32) -> Bool {
        clinux_fcntl(descriptor, F_GETFD, 0) >= 0
    }

    /// Says something where the pod's log is.
    static func complain(_ sentence: String) {
        let bytes = [UInt8]("tazpod-ghost: \(sentence)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
