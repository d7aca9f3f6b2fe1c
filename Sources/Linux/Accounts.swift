import CLinux

/// A user of the pod, from passwd(5) and group(5).
///
/// Read from the files and not through NSS: the init is static, and a pod's users are in its files.
public struct Account: Equatable, Sendable {
    public var name: String
    public var uid: uid_t
    public var gid: gid_t
    public var home: String
    public var shell: String
    /// Supplementary groups, the primary one included.
    public var groups: [gid_t]

    public init(name: String, uid: uid_t, gid: gid_t, home: String, shell: String, groups: [gid_t]) {
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
        self.shell = shell
        self.groups = groups
    }

    /// Root of a user namespace, without any group of whoever made it.
    static let namespaceRoot = Account(name: "root", uid: 0, gid: 0, home: "/", shell: "/bin/sh", groups: [])

    /// The user called `name`, or with that uid when `name` is a number.
    ///
    /// - Returns: nil when /etc/passwd has none.
    public static func find(_ name: String) throws(SystemError) -> Account? {
        parse(
            name, passwd: try readFile("/etc/passwd", stage: "read /etc/passwd"),
            group: (try? readFile("/etc/group", stage: "read /etc/group")) ?? [])
    }

    /// Finds `name` in the text of the two files; lines that are not of their form are passed over.
    public static func parse(_ name: String, passwd: [UInt8], group: [UInt8]) -> Account? {
        for line in passwd.split(separator: UInt8(ascii: "\n")) {
            let fields = textFields(of: line)
            guard fields.count == 7, let uid = uid_t(fields[2]), let gid = gid_t(fields[3]) else { continue }
            guard sameText(fields[0], name) || sameText(fields[2], name) else { continue }
            return Account(
                name: fields[0], uid: uid, gid: gid, home: fields[5], shell: fields[6].isEmpty ? "/bin/sh" : fields[6],
                groups: groups(of: fields[0], primary: gid, group: group))
        }
        return nil
    }

    private static func groups(of user: String, primary: gid_t, group: [UInt8]) -> [gid_t] {
        var result = [primary]
        for line in group.split(separator: UInt8(ascii: "\n")) {
            let fields = textFields(of: line)
            guard fields.count == 4, let gid = gid_t(fields[2]), gid != primary else { continue }
            let isMember = fields[3].utf8.split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual(user.utf8) }
            if isMember { result.append(gid) }
        }
        return result
    }

    private static func textFields(of line: ArraySlice<UInt8>) -> [String] {
        line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

/// Byte-for-byte equality: Swift's own `==` on strings brings Unicode tables into a static program that needs none.
public func sameText(_ a: String, _ b: String) -> Bool {
    a.utf8.elementsEqual(b.utf8)
}
