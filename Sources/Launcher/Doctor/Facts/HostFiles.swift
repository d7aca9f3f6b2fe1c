import Linux

/// What the kernel's and the system's files say, as plain functions of their text.
enum HostFiles {
    static func text(_ path: String) -> String {
        String(decoding: (try? readFile(path, stage: "read \(path)")) ?? [], as: UTF8.self)
    }

    /// The one word of a file of /proc/sys; nil when there is no such setting.
    static func setting(_ path: String) -> String? {
        let word = text("/proc/sys/\(path)").filter { !$0.isWhitespace }
        return word.isEmpty ? nil : word
    }

    /// The user's name in /etc/passwd, or the number where it has none.
    static func userName(_ passwd: String, uid: UInt32) -> String {
        for line in passwd.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, fields[2] == String(uid) { return String(fields[0]) }
        }
        return String(uid)
    }

    /// resolv.conf(5).
    static func nameServers(_ text: String) -> Int {
        text.split(separator: "\n").count { $0.split { $0 == " " || $0 == "\t" }.first == "nameserver" }
    }

    /// /proc/net/route and /proc/net/ipv6_route: a route to everywhere that is not to nowhere.
    static func hasDefaultRoute(ipv4: String, ipv6: String) -> Bool {
        let four = ipv4.split(separator: "\n").dropFirst().contains { line in
            let fields = line.split { $0 == " " || $0 == "\t" }
            return fields.count > 7 && fields[1] == "00000000" && fields[7] == "00000000"
        }
        let six = ipv6.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 9 && fields[1] == "00" && fields[0].allSatisfy { $0 == "0" } && fields[9] != "lo"
        }
        return four || six
    }

    private static let proxyNames = ["http_proxy", "https_proxy", "all_proxy"]

    /// Variables of `environment` that name a proxy and that a pod would not have.
    static func proxyVariables(_ environment: [String: String], passedOn: [String]) -> [String] {
        environment.filter { !$0.value.isEmpty && proxyNames.contains($0.key.lowercased()) && !passedOn.contains($0.key) }
            .keys.sorted()
    }
}
