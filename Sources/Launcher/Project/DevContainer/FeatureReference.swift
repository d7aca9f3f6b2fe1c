/// Where a feature comes from.
enum FeatureReference: Equatable {
    /// A folder, relative to the project.
    case folder(String)
    case registry(host: String, path: String, version: String)

    init?(_ text: String) {
        if text.hasPrefix("./") || text.hasPrefix("../") {
            self = .folder(text.hasPrefix("./") ? String(text.dropFirst(2)) : text)
            return
        }
        let allowed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/:@".contains($0)) }
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard allowed, parts.count >= 3, !parts.contains(""), let last = parts.popLast() else { return nil }
        let host = parts.removeFirst()
        guard host.contains(".") || host.contains(":") || host == "localhost" else { return nil }
        let mark = last.firstIndex(of: "@") ?? last.firstIndex(of: ":")
        let id = String(last[..<(mark ?? last.endIndex)])
        let version = mark.map { String(last[$0...].first == "@" ? last[$0...] : last[$0...].dropFirst()) } ?? "latest"
        guard !id.isEmpty, !version.isEmpty else { return nil }
        self = .registry(host: host, path: (parts + [id]).joined(separator: "/"), version: version)
    }

    /// Without the version: what other features name it by.
    static func name(_ text: String) -> String {
        switch FeatureReference(text) {
        case .registry(let host, let path, _): "\(host)/\(path)"
        case .folder(let path): path
        case nil: text
        }
    }

    /// Whether the registry is on this machine, where plain HTTP gives nothing away.
    var isLoopback: Bool {
        guard case .registry(let host, _, _) = self else { return false }
        let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
        return ["localhost", "127.0.0.1", "[::1]"].contains(name)
    }
}
