import CLinux
import Contract
import Linux

/// Tools that start in a ghost alone. Outside of it their names lead to `tazpod`, which refuses: its links lie in a folder that comes
/// first in the public area's PATH.
struct GhostOnlyTools {
    let names: [Name]
    var folder = PodPaths.ghostOnly

    /// - Parameter text: Names, separated by colons. What is none is left out.
    init(_ text: String) {
        names = text.utf8.split(separator: UInt8(ascii: ":")).compactMap { Name(Array($0)) }
    }

    /// Makes the links, as root. It is a latch: a pod without it is a pod all the same.
    func makeLinks() {
        if names.isEmpty { return }
        do throws(SystemError) {
            let program = try ownFolder() + "/tazpod"
            if mkdir(folder, 0o755) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(folder)") }
            try retrying("set who may enter \(folder)") { chmod(folder, 0o755) }
            for name in names {
                let link = "\(folder)/\(name.text)"
                // A pod that is started again has it already.
                _ = unlink(link)
                try retrying("make \(link)") { symlink(program, link) }
            }
        } catch {
            log(error.sentence)
        }
    }

    /// `environment` with the folder first in its PATH.
    func latched(_ environment: [[UInt8]]) -> [[UInt8]] {
        if names.isEmpty { return environment }
        let path = [UInt8]("PATH=".utf8)
        return environment.map { variable in
            variable.starts(with: path) ? path + [UInt8]("\(folder):".utf8) + variable.dropFirst(path.count) : variable
        }
    }
}
