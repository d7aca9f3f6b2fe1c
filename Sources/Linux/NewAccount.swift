import CLinux

/// A user that passwd(5) lacks, and a group of the same name and number, with a home, as useradd(8) makes them.
public struct NewAccount: Equatable, Sendable {
    public var name: String
    /// The user's number, and its group's.
    public var number: uid_t
    public var shell: String

    /// - Returns: nil when the name could not stand in a line of passwd(5), or the number is root's.
    public init?(name: String, number: uid_t, shell: String) {
        guard !name.isEmpty, name.utf8.allSatisfy({ NewAccount.isAllowed($0) }), number != 0 else { return nil }
        self.name = name
        self.number = number
        self.shell = shell
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    var home: String { "/home/\(name)" }
    var passwdLine: String { "\(name):x:\(number):\(number)::\(home):\(shell)\n" }
    var groupLine: String { "\(name):x:\(number):\n" }

    /// `text` with `line` before all others: who looks for the number finds ours, whoever else has it. Once is enough.
    static func adding(_ line: String, to text: [UInt8]) -> [UInt8] {
        let line = [UInt8](line.utf8)
        return text.starts(with: line) ? text : line + text
    }

    /// Makes the home, and then the lines: who finds the user finds its home.
    public func add() throws(SystemError) {
        _ = mkdir("/home", 0o755)
        if mkdir(home, 0o700) == 0 {
            try retrying("give \(home) to \(name)") { chown(home, number, number) }
        } else if clinux_errno() != EEXIST {
            throw SystemError.last("make \(home)")
        }
        try NewAccount.add(groupLine, to: "/etc/group")
        try NewAccount.add(passwdLine, to: "/etc/passwd")
    }

    private static func add(_ line: String, to path: String) throws(SystemError) {
        let stage = "add a line to \(path)"
        let text = adding(line, to: (try? readFile(path, stage: stage)) ?? [])
        let new = "\(path).new"
        try Descriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644, stage: stage).write(text, stage: stage)
        if rename(new, path) == 0 { return }
        // What an engine has mounted there cannot be replaced.
        unlink(new)
        try Descriptor.open(path, O_WRONLY | O_TRUNC, stage: stage).write(text, stage: stage)
    }
}

extension Account {
    /// The user called `name`; where there is none, it is made if `number` says with which number.
    ///
    /// - Returns: nil when there is none, and none is to be made.
    public static func find(_ name: String, orMakeAs number: String?) throws(SystemError) -> Account? {
        if let account = try find(name) { return account }
        let shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"
        guard let number = number.flatMap({ uid_t($0) }), let new = NewAccount(name: name, number: number, shell: shell) else {
            return nil
        }
        try new.add()
        return try find(name)
    }
}
