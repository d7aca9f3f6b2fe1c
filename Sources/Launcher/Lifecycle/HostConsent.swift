import CLinux
import Contract
import FoundationEssentials
import Linux

/// What a devcontainer.json wants of this machine is granted by its user, once for each list of wishes. Whoever works in the pod
/// can write that file, and may be an agent: without this the next `tazpod up` would run its commands on the host.
struct HostConsent {
    let project: Project
    /// Where consents are kept, out of every pod's reach; nil keeps none.
    let folder: String?

    init(project: Project) {
        self.init(project: project, folder: HostConsent.folder(environmentValue))
    }

    init(project: Project, folder: String?) {
        self.project = project
        // In the project it would be in the pod.
        self.folder = folder.flatMap { $0.hasPrefix(project.directory + "/") ? nil : $0 }
    }

    static func folder(_ variable: (String) -> String?) -> String? {
        if let config = variable("XDG_CONFIG_HOME"), config.hasPrefix("/") { return "\(config)/tazpod/consent" }
        return variable("HOME").flatMap { $0.hasPrefix("/") ? "\($0)/.config/tazpod/consent" : nil }
    }

    private var wishes: [String] { project.devContainer?.reach ?? [] }
    /// All of it, and no hash: whoever can write the file would look for another list with the same.
    private var mark: String {
        let text = try? JSONEncoder().encode([project.directory] + wishes)
        return String(decoding: text ?? Data(), as: UTF8.self)
    }

    /// Whether nothing is wanted, or it was granted before.
    var isGiven: Bool {
        if wishes.isEmpty { return true }
        guard let path, let bytes = try? readFile(path, stage: "read the consent") else { return false }
        return String(decoding: bytes, as: UTF8.self) == mark
    }

    private var path: String? { folder.map { "\($0)/\(project.podName)" } }

    /// - Parameter granted: Its user has said so on the command line.
    /// - Throws: code 7 when nobody grants it.
    func obtain(granted: Bool) throws(Failure) {
        if isGiven { return }
        if !granted {
            let list = "\(project.devContainer?.file ?? "") wants of this machine:\n" + wishes.map { "  - it \($0)\n" }.joined()
            guard Console.isInteractive else {
                Console.printError(list)
                throw Failure(.refused, "nobody has granted that yet; read it, and run tazpod up --trust if it is yours")
            }
            try Confirmation.ask(list + "Whoever works in the pod can write that file.", name: project.config.name)
        }
        try keep()
    }

    private func keep() throws(Failure) {
        if let path { try HostConsent.write(mark, to: path) }
    }

    /// Replaces a file of consents, and makes the folders that it needs.
    static func write(_ text: String, to path: String) throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            var made = ""
            for part in path.split(separator: "/").dropLast() {
                made += "/\(part)"
                if mkdir(made, 0o700) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(made)") }
            }
            try Descriptor.open("\(path).new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600, stage: "write \(path)")
                .write(text, stage: "write \(path)")
            try retrying("write \(path)") { rename("\(path).new", path) }
        }
    }
}
