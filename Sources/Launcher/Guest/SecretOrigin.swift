import CLinux
import Contract
import Linux

/// Where the user keeps a passphrase that a command needs, when it is not asked for on the terminal.
enum SecretOrigin: Equatable {
    /// One line of a descriptor.
    case line(Int32)
    /// A key file, by its path; `-` is standard input.
    case file(String)
    /// Standard input holds it with its length before it, as a host's `tazpod` sends what its user gave it.
    case framed

    /// The value of a request's field that announces it.
    var form: String {
        switch self {
        case .line: "descriptor"
        case .file: "file"
        case .framed: "framed"
        }
    }

    /// The descriptor that goes with the request.
    func open() throws(Failure) -> Descriptor {
        try failing(.proof) { () throws(SystemError) in
            switch self {
            case .line(let number): try SecretOrigin.copy(of: number)
            case .file("-"), .framed: try SecretOrigin.copy(of: STDIN_FILENO)
            case .file(let path): try Descriptor.open(path, O_RDONLY, stage: "open the key file \(path)")
            }
        }
    }

    /// Waits until all of it has come, for a second at most: for who fails before reading it. podman's exec may lose what a command
    /// said that ends while its input is still on its way.
    func waitUntilComplete() {
        switch self {
        case .line(STDIN_FILENO), .file("-"), .framed: break
        case .line, .file: return
        }
        // Its end is told (POLLHUP) whether it was read or not.
        var watched = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
        poll(&watched, 1, SecretOrigin.longestWait)
    }

    private static let longestWait: Int32 = 1000

    private static func copy(of number: Int32) throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("use descriptor \(number)") { clinux_fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }
}
