import CLinux
import Contract
import Linux

/// A pod's entry in a file of its own, that the user's ~/.ssh/config includes.
struct SSHConfigFile {
    /// The user's own folder of ssh.
    let folder: String
    let host: String

    private static let ownFolder = "tazpod.d"
    /// Ahead of everything else: after a Host line it would count for that host alone.
    private static let include = "Include \(ownFolder)/*.conf"
    private static let longestConfig = 1 << 20

    var path: String { "\(folder)/\(SSHConfigFile.ownFolder)/\(host).conf" }

    init(host: String) throws(Failure) {
        // As ssh does, which does not look at HOME.
        guard let home = (try? Account.find(String(getuid())))?.home ?? environmentValue("HOME"), home.hasPrefix("/") else {
            throw Failure(.usage, "you have no home folder for .ssh; set HOME")
        }
        self.init(host: host, folder: "\(home)/.ssh")
    }

    init(host: String, folder: String) {
        self.host = host
        self.folder = folder
    }

    func write(_ entry: String) throws(Failure) {
        try failing(.usage) { () throws(SystemError) in
            for path in [folder, "\(folder)/\(SSHConfigFile.ownFolder)"] {
                if mkdir(path, 0o700) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(path)") }
            }
        }
        try replace(path, with: entry)
        try includeOwnFolder()
    }

    func remove() {
        unlink(path)
    }

    /// Whatever the user wrote there stays as it is.
    private func includeOwnFolder() throws(Failure) {
        let config = "\(folder)/config"
        let file = access(config, F_OK) == 0 ? try Project.canonical(config) : config
        let text = access(file, F_OK) == 0 ? try read(file) : ""
        guard let added = SSHConfigFile.including(text) else { return }
        try replace(file, with: added)
    }

    /// The user's configuration with our line in it; nil when it is there.
    static func including(_ text: String) -> String? {
        let isThere = text.split(whereSeparator: \.isNewline).contains { line in
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "=" }
            return words.first?.lowercased() == "include" && words.dropFirst().contains { $0.hasSuffix("\(ownFolder)/*.conf") }
        }
        return isThere ? nil : include + "\n" + (text.isEmpty ? "" : "\n") + text
    }

    private func read(_ path: String) throws(Failure) -> String {
        let bytes = try failing(.usage) { () throws(SystemError) in
            try readFile(path, limit: SSHConfigFile.longestConfig, stage: "read \(path)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "\(path) is not UTF-8; add this line at its top yourself: \(SSHConfigFile.include)")
        }
        return text
    }

    private func replace(_ path: String, with text: String) throws(Failure) {
        let new = try NewFile.make(path, replaces: true)
        try failing(.usage) { () throws(SystemError) in try new.descriptor.write(text, stage: "write \(path)") }
        try new.publish()
    }
}
