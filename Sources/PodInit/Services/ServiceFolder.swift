import CLinux
import Linux

/// The folder of service files, read as a whole.
struct ServiceFolder {
    static let path = "/etc/tazpod/services"
    private static let longestFile = 64 * 1024

    /// In the order of their names.
    var plans: [ServicePlan] = []
    /// Files that are no service, with the reason.
    var problems: [String] = []

    /// A folder that is not there has no services.
    static func read() -> ServiceFolder {
        var folder = ServiceFolder()
        var names: [Name] = []
        for bytes in namesInFolder(path) ?? [] {
            // What editors and package managers leave beside a file.
            if bytes.first == UInt8(ascii: ".") || bytes.last == UInt8(ascii: "~") { continue }
            if let name = Name(bytes) {
                names.append(name)
            } else {
                folder.problems.append("\(path): \(String(decoding: bytes, as: UTF8.self)) is no name for a service")
            }
        }
        names.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for name in names { folder.add(name) }
        return folder
    }

    private mutating func add(_ name: Name) {
        let text: [UInt8]
        do {
            text = try readFile("\(ServiceFolder.path)/\(name.text)", limit: ServiceFolder.longestFile, stage: "read the file")
        } catch {
            problems.append("service \(name.text): \(error.sentence)")
            return
        }
        do {
            plans.append(try ServiceFile.parse(text, name: name))
        } catch {
            problems.append(error.described(name))
        }
    }
}
